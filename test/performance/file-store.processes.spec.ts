import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../../lib/performance/file-store';
import { bundle, finished, start } from './child-script';

const PROCESSES = 6;
const WRITES = 60;
const ROUNDS = 6;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Arguments: the file, the process's number. Says that it is ready, and begins when its input ends, so that
 * all begin at once; writes entries that no other does and entries that all do, and reads them.
 */
const HAMMER = `
  import { readFileSync } from 'node:fs';
  import { FileStore } from './lib/performance/file-store';
  const [path, me] = process.argv.slice(2);
  process.stdout.write('ready');
  readFileSync(0);
  const store = new FileStore(path);
  const write = (key, length) => {
    const value = { key, by: me, length, filler: (me + '.').repeat(length) };
    return store.set('n', key, { json: JSON.stringify(value), writtenAt: 1, expiresAt: 4e12 });
  };
  const read = async (key) => {
    const entry = await store.get('n', key);
    if (entry === undefined) throw new Error('lost ' + key);
    const value = JSON.parse(entry.json);
    if (value.key !== key || value.filler !== (value.by + '.').repeat(value.length))
      throw new Error('misread ' + key);
    return value;
  };
  for (let i = 0; i < ${WRITES}; i += 1) {
    const own = 'own-' + me + '-' + i;
    const shared = 'shared-' + (i % 7);
    await write(own, (i * 37) % 2000);
    await write(shared, (i * 91) % 2000);
    if ((await read(own)).by !== me) throw new Error('not mine ' + own);
    await read(shared);
  }
  store.close();
`;

async function hammer(script: string, path: string): Promise<void> {
  const children = Array.from({ length: PROCESSES }, (_, me) => start(script, [path, String(me)]));
  const ends = Promise.all(children.map(finished));
  await Promise.race([Promise.all(children.map((child) => once(child.stdout, 'data'))), ends]);
  for (const child of children) child.stdin.end();
  await ends;
}

describe('one cache file and several processes', () => {
  it.each([
    ['that all make it', () => {}],
    ['that all find it damaged', (path: string) => writeFileSync(path, 'garbage '.repeat(2000))],
  ])(
    '%s at once: nothing is lost and nothing misread',
    async (_, prepare) => {
      const script = bundle(folder, HAMMER);
      for (let round = 0; round < ROUNDS; round += 1) {
        const path = join(folder, `cache-${round}.sqlite`);
        prepare(path);
        await hammer(script, path);
        const store = new FileStore(path);
        expect(store.size()).toBe(PROCESSES * WRITES + 7);
        store.close();
      }
    },
    60_000,
  );

  it('has all that was written, and whole, after a writer was killed at any point', async () => {
    const path = join(folder, 'cache.sqlite');
    const script = bundle(
      folder,
      `
      import { FileStore } from './lib/performance/file-store';
      const [path, round] = process.argv.slice(2);
      const store = new FileStore(path);
      for (let i = 0; ; i += 1) {
        const json = JSON.stringify('x'.repeat(50_000) + i);
        await store.set('n', round + '/' + i, { json, writtenAt: 1, expiresAt: 4e12 });
        process.stdout.write(i + '\\n');
        await new Promise(setImmediate);
      }
    `,
    );
    for (let round = 0; round < 4; round += 1) {
      const child = start(script, [path, String(round)]);
      let out = '';
      child.stdout.on('data', (chunk) => {
        out += chunk;
        if (out.split('\n').length > 20 + round * 7) child.kill('SIGKILL');
      });
      await expect(finished(child)).rejects.toThrow('exit null');
      const told = out.split('\n').slice(0, -1);
      expect(told.length).toBeGreaterThan(19);
      const onSetAside = jest.fn();
      const store = new FileStore(path, { onSetAside });
      for (const i of told)
        expect((await store.get('n', `${round}/${i}`))?.json).toBe(JSON.stringify('x'.repeat(50_000) + i));
      store.close();
      expect(onSetAside).not.toHaveBeenCalled();
    }
  }, 60_000);
});
