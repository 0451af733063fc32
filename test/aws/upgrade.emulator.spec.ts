import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  control,
  deployOwn,
  followUntil,
  functionNamed,
  type Hosted,
  hostedRepositories,
  invoke,
  landed,
  outcomeOf,
  reportOf,
  submit,
} from './cloud';

const hosted = hostedRepositories();
const root = join(__dirname, '../..');
const CONTEXT = { stack: 'LexPrUpgrade', functions: 'zip' };

let later: string;
let broken: string;
beforeAll(async () => {
  await deployOwn(CONTEXT);
  // A version to come, in which everything that runs call is broken, as long as there is a file.
  later = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  broken = join(later, 'broken');
  writeFileSync(broken, '');
  cpSync(join(root, 'dist'), join(later, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(later, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(later, 'node_modules'));
  const check = `import { existsSync as isThere } from 'node:fs';
    if (isThere(${JSON.stringify(broken)})) throw new Error('a version to come');`;
  for (const name of ['queue', 'prepare', 'next', 'gate', 'merge', 'report']) {
    const file = join(later, 'dist/functions', name, 'index.mjs');
    writeFileSync(file, `${check}\n${readFileSync(file, 'utf8')}`);
  }
}, 600_000);
afterAll(() => rmSync(later, { recursive: true }));

/** A gate that ends when it is let go. */
function held(host: Hosted) {
  const go = join(host.repo.root, 'go');
  const gate = { name: 'hold', run: `until test -e '${go}'; do sleep 0.2; done`, cache: 'off' as const };
  return { gate, letGo: () => writeFileSync(go, '') };
}

it('runs that go on or wait while another version is deployed come to their end', async () => {
  const [first, second] = [
    await hosted((repo) => repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }])),
    await hosted((repo) => repo.branches([{ name: 'c' }, { name: 'd' }])),
  ];
  const [one, two] = [held(first), held(second)];
  const plan = { items: [{ name: 'a' }, { name: 'b', deps: ['a'] }], gates: [one.gate] };
  const before = { items: [{ name: 'c' }], gates: [two.gate] };
  const waiting = { items: [{ name: 'd' }] };
  const started = (run: string) =>
    followUntil(run, (_, events) => events.some(({ event }) => event === 'start'));
  const goesOn = await submit(first, plan);
  const goesBefore = await submit(second, before);
  await Promise.all([started(goesOn), started(goesBefore)]);
  const waits = await submit(second, waiting);
  expect(await control({ action: 'status', run: waits })).toMatchObject({ status: 'queued' });

  await deployOwn(CONTEXT, `${process.execPath} ${join(later, 'dist/app.mjs')}`);
  await expect(invoke(await functionNamed('Next', CONTEXT.stack), {})).rejects.toThrow('a version to come');

  // With the version that it began with, to its end.
  one.letGo();
  expect(outcomeOf(await reportOf(goesOn, plan))).toEqual({ a: 'merged', b: 'merged' });
  expect(landed(first.repo, 'main~2')).toEqual(['a', 'b']);

  // Its lanes begin after the upgrade, so with the version of then.
  rmSync(broken);
  two.letGo();
  expect(outcomeOf(await reportOf(goesBefore, before))).toEqual({ c: 'merged' });
  expect(outcomeOf(await reportOf(waits, waiting))).toEqual({ d: 'merged' });
  expect(landed(second.repo, 'main~2')).toEqual(['c', 'd']);
}, 600_000);
