import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../support/cli';

describe('the compiled program', () => {
  let root: string;
  let cache: string;
  let compiled: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    cache = join(root, 'cache');
    compiled = join(cache, 'lex-pr/compiled');
    mkdirSync(cache, { mode: 0o700 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function start(): Promise<void> {
    const { NODE_DISABLE_COMPILE_CACHE: _, NODE_COMPILE_CACHE: __, ...env } = process.env;
    const before = process.env;
    process.env = env;
    const run = runCli(['schema'], { cwd: root, env: { XDG_CACHE_HOME: cache } });
    process.env = before;
    expect(await run).toMatchObject({ code: 0, stderr: '' });
  }
  const kept = () => readdirSync(compiled, { recursive: true, encoding: 'utf8' });

  it('is kept in the cache folder of the user, for the last builds only', async () => {
    for (let build = 0; build < 6; build += 1) {
      mkdirSync(join(compiled, `${build}`), { recursive: true, mode: 0o700 });
      utimesSync(join(compiled, `${build}`), build, build);
    }
    await start();
    const builds = readdirSync(compiled);
    expect(builds).toHaveLength(4);
    expect(builds).toEqual(expect.arrayContaining(['3', '4', '5']));
    expect(kept().length).toBeGreaterThan(10);
  });

  it('is not taken from where others can write, nor put there', async () => {
    mkdirSync(compiled, { recursive: true, mode: 0o700 });
    chmodSync(compiled, 0o777);
    await start();
    expect(kept()).toEqual([]);
  });

  it('removes nothing where a link leads', async () => {
    const elsewhere = join(root, 'elsewhere');
    const names = Array.from({ length: 6 }, (_, n) => `${n}`);
    for (const name of names) mkdirSync(join(elsewhere, name), { recursive: true, mode: 0o700 });
    mkdirSync(join(cache, 'lex-pr'), { mode: 0o700 });
    symlinkSync(elsewhere, compiled);
    await start();
    expect(readdirSync(elsewhere)).toEqual(names);
  });

  it('is no reason to fail where there can be no folder', async () => {
    rmSync(cache, { recursive: true });
    cache = '/dev/null/cache';
    await start();
    expect(existsSync(join(root, 'cache'))).toBe(false);
  });
});
