import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { InputError } from '../../lib/errors';
import { readPlan } from '../../lib/plan/read-plan';
import { plan } from './plans';

describe('readPlan', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const read = (path: string, stdin = '') =>
    readPlan(path, { stdin: Readable.from([Buffer.from(stdin)]), cwd: folder, defaultRepository: '/here' });

  const refusalOf = async (path: string, stdin?: string) => {
    const error: unknown = await read(path, stdin).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).problems[0]!;
  };

  it('resolves the repository from the folder of the plan', async () => {
    mkdirSync(join(folder, 'plans'));
    writeFileSync(join(folder, 'plans/a.json'), plan({ repository: '../r', items: [] }));
    expect((await read('plans/a.json')).repository).toBe(join(folder, 'r'));
  });

  it('reads standard input for -, and resolves from the current folder', async () => {
    expect((await read('-', plan({ repository: 'r', items: [] }))).repository).toBe(join(folder, 'r'));
    expect((await read('-', plan({ items: [] }))).repository).toBe('/here');
    expect(await refusalOf('-', 'target: [')).toMatchObject({ file: '<stdin>', line: 1 });
  });

  it('reads a file with a byte order mark and characters across chunks', async () => {
    writeFileSync(join(folder, 'bom.yaml'), `\ufeff${plan({ items: [{ name: 'ä'.repeat(100) }] })}`);
    expect((await read('bom.yaml')).items[0]!.name).toBe('ä'.repeat(100));
    const bytes = [...Buffer.from(plan({ items: [{ name: '💥' }] }))].map((byte) => Buffer.from([byte]));
    const stdin = Readable.from(bytes);
    const loaded = await readPlan('-', { stdin, cwd: folder, defaultRepository: '/here' });
    expect(loaded.items[0]!.name).toBe('💥');
  });

  it('refuses what cannot be read, by name', async () => {
    expect(await refusalOf('nowhere.yaml')).toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('nowhere.yaml: no such file'),
    });
    expect(await refusalOf('.')).toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('folder'),
    });
    writeFileSync(join(folder, 'latin1.yaml'), Buffer.from('target: m\xe4in', 'latin1'));
    expect(await refusalOf('latin1.yaml')).toMatchObject({ code: 'encoding' });
    writeFileSync(join(folder, 'bad.yaml'), 'targt: x');
    expect(await refusalOf('bad.yaml')).toMatchObject({ file: 'bad.yaml' });
  });
});
