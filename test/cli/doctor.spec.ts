import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Check } from '../../lib/doctor/check';
import { parseLocks } from '../../lib/doctor/lock-holders';
import { checkNode, checkSpace } from '../../lib/doctor/machine';
import { lockHome } from '../../lib/engine/lock';
import { openProcessRecords } from '../../lib/gates/process-records';
import { startTimeOf } from '../../lib/gates/process-table';
import { openHome } from '../../lib/repository/home';
import { gitVersion } from '../../lib/repository/require-git';
import { openSqliteStore } from '../../lib/run/sqlite-store';
import { CLI, type CliResult, mergePlan, runCli, startCli } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

const NO_DATABASE = 'this is no database, whatever its name says\n'.repeat(99);
const EMPTY_PLAN = '{"schemaVersion":"v1","target":"main","items":[]}';

const examine = async (cwd: string, env?: Record<string, string>) =>
  readExamined(await runCli(['doctor', '--json'], { cwd, ...(env && { env }) }));

/** In a process of its own: nobody holds a lock against himself. */
const examineFromOutside = async (cwd: string) =>
  readExamined(await startCli(['doctor', '--json'], { cwd }).ended);

function readExamined({ code, stdout, stderr }: CliResult) {
  if (stdout === '') throw new Error(stderr);
  const { ok, checks }: { ok: boolean; checks: Check[] } = JSON.parse(stdout);
  return { code, ok, checks, wrong: checks.filter((check) => !check.ok) };
}

describe('lex-pr doctor', () => {
  it('finds nothing wrong in a sound repository, in words and as JSON', async () => {
    const repo = create();
    const { code, ok, checks, wrong } = await examine(repo.path);
    expect({ code, ok, wrong }).toEqual({ code: 0, ok: true, wrong: [] });
    const names = [
      'git',
      'node',
      'shell',
      'containers',
      'pressure',
      'disk',
      'repository',
      'git locks',
      'folder',
    ];
    expect(checks.map(({ name }) => name)).toEqual([
      ...names,
      ...['store', 'cache', 'pauses', 'lock', 'runs', 'leftovers'],
    ]);
    const { code: inWords, stdout } = await runCli(['doctor'], { cwd: repo.path });
    expect(inWords).toBe(0);
    expect(stdout).toMatch(/^ok +git +\d+\.\d+/);
    expect(stdout).not.toContain('wrong');
  });

  it.each<[string, (path: string, root: string) => string, Partial<Check>]>([
    [
      'no repository',
      (_, root) => {
        mkdirSync(join(root, 'plain'));
        return join(root, 'plain');
      },
      { name: 'repository', mend: expect.stringContaining('go to the repository') },
    ],
    [
      'a lock of the index that git left behind',
      (path) => {
        writeFileSync(join(path, '.git/index.lock'), '');
        return path;
      },
      { name: 'git locks', mend: expect.stringMatching(/rm '.*\/\.git\/index\.lock'/) },
    ],
    [
      'a store that is none',
      (path) => {
        mkdirSync(join(path, '.lex-pr'));
        writeFileSync(join(path, '.lex-pr/state.db'), NO_DATABASE);
        return path;
      },
      { name: 'store', mend: expect.stringMatching(/mv '.*state\.db'\* '.*damaged'/) },
    ],
    [
      'pauses that are not to be read',
      (path) => {
        mkdirSync(join(path, '.lex-pr'));
        writeFileSync(join(path, '.lex-pr/pauses.json'), '[{"target":');
        return path;
      },
      { name: 'pauses', mend: expect.stringMatching(/rm '.*\/\.lex-pr\/pauses\.json', then lex-pr pause/) },
    ],
    [
      'a lock of a branch that git left behind',
      (path) => {
        writeFileSync(join(path, '.git/refs/heads/main.lock'), '');
        return path;
      },
      { name: 'git locks', mend: expect.stringMatching(/rm '.*\/\.git\/refs\/heads\/main\.lock'/) },
    ],
    [
      'a file where the folder should be',
      (path) => {
        writeFileSync(join(path, '.lex-pr'), '');
        return path;
      },
      { name: 'folder', mend: expect.stringMatching(/^mv '.*\/\.lex-pr' '.*\/\.lex-pr\.old'$/) },
    ],
  ])('names what is wrong and what mends it: %s', async (_, spoil, expected) => {
    const repo = create();
    const { code, ok, wrong } = await examine(spoil(repo.path, repo.root));
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(wrong).toEqual([expect.objectContaining(expected)]);
  });

  const files = ['state.db', 'cache.db', 'cache.db.lock', 'lock.db'];
  it.each(
    files.flatMap((file) => [
      [file, 'no database'],
      [file, 'a folder'],
    ]),
  )('the command for a damaged .lex-pr/%s, %s, mends it; others point at doctor', async (file, kind) => {
    const repo = create();
    const home = await openHome(repo.path);
    if (kind === 'a folder') mkdirSync(join(home, file));
    else writeFileSync(join(home, file), NO_DATABASE);
    // Of a process that died: SQLite must not apply it to the next file.
    writeFileSync(join(home, 'state.db-wal'), NO_DATABASE);
    const merge = () => runCli(['merge', '-'], { cwd: repo.path, input: EMPTY_PLAN });
    const { wrong } = await examine(repo.path);
    if (file !== 'cache.db' || kind === 'a folder') {
      expect(wrong).toHaveLength(1);
      const { code, stderr } = await merge();
      // A cache that cannot be used costs nothing but time.
      expect(code).toBe(file.startsWith('cache') ? 0 : 3);
      expect(stderr).toMatch(
        file.startsWith('cache')
          ? /^warning: the cache cannot be used, and nothing is remembered: .*lex-pr doctor/m
          : /^lex-pr: a database in \.lex-pr cannot be used: .*\n +`lex-pr doctor` says which/m,
      );
    }
    for (const { mend } of wrong) execFileSync('/bin/sh', ['-c', mend!.replace(/^[^:/]*: /, '')]);
    expect((await examine(repo.path)).wrong).toEqual([]);
    expect((await merge()).code).toBe(0);
  });

  it('finds a link that leads nowhere in place of the folder, with the command that mends it', async () => {
    const repo = create();
    symlinkSync('nowhere', join(repo.path, '.lex-pr'));
    const { wrong } = await examine(repo.path);
    expect(wrong).toMatchObject([
      { name: 'folder', detail: expect.stringContaining('a link that leads to no folder') },
    ]);
    execFileSync('/bin/sh', ['-c', wrong[0]!.mend!]);
    expect((await examine(repo.path)).wrong).toEqual([]);
  });

  it.each([
    ['state.db', 'store'],
    ['cache.db', 'cache'],
  ])('tells to wait for who holds %s, and to throw nothing away', async (file, name) => {
    const repo = create();
    await mergePlan(repo, { items: [] });
    const holder = new DatabaseSync(join(repo.path, '.lex-pr', file));
    holder.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; PRAGMA user_version = 1');
    const { wrong } = await examineFromOutside(repo.path);
    holder.close();
    const who = process.platform === 'linux' ? `process ${process.pid} is` : 'whoever has it open is';
    expect(wrong).toMatchObject([{ name, mend: expect.stringMatching(`^wait until ${who} done with it`) }]);
    expect((await examine(repo.path)).wrong).toEqual([]);
  });

  it('does not send away a store that cannot be written because the disk is full', async () => {
    const repo = create();
    await openHome(repo.path);
    const script = 'trap "" XFSZ; ulimit -f 1; exec "$0" "$@"';
    const limited = (...args: string[]) =>
      spawnSync('/bin/sh', ['-c', script, process.execPath, CLI, ...args], {
        cwd: repo.path,
        encoding: 'utf8',
      });
    const { ok, checks }: { ok: boolean; checks: Check[] } = JSON.parse(limited('doctor', '--json').stdout);
    expect(ok).toBe(false);
    const store = checks.find(({ name }) => name === 'store');
    expect(store).toMatchObject({ ok: false, mend: expect.stringMatching(/^make room on the disk: df '/) });
    const { status, stderr } = limited('status');
    expect(status).toBe(3);
    expect(stderr).toMatch(/cannot be used: (disk I\/O error|database or disk is full)\n/);
    expect((await examine(repo.path)).wrong).toEqual([]);
  });

  it('finds a shallow clone, with the command that completes it', async () => {
    const repo = create();
    repo.commit({ more: '1\n' });
    repo.git('clone', '-q', '--depth=1', `file://${repo.path}`, join(repo.root, 'shallow'));
    const { wrong } = await examine(join(repo.root, 'shallow'));
    expect(wrong).toMatchObject([{ name: 'repository', mend: 'git fetch --unshallow' }]);
  });

  it.each([
    ['none', undefined, 'there is no git here'],
    ['something else of its name', 'echo hello', 'it says "hello'],
    ['one that fails', 'echo broken >&2; exit 1', 'git cannot be used: broken'],
    ['one that is too old', 'echo git version 2.30.1', 'git 2.30.1 is too old'],
    ['one that does not answer', 'sleep 60 & wait', 'it did not answer within 10 s'],
  ])('finds that there is no git, and so does merge: %s', async (_, script, detail) => {
    const repo = create();
    const bin = join(repo.root, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    symlinkSync('/bin/sleep', join(bin, 'sleep'));
    if (script !== undefined) writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const mend = 'install git 2.38 or newer, first in the PATH';
    const [{ wrong }, merged] = await Promise.all([
      examine(repo.path, { PATH: bin }),
      runCli(['merge', '-', '--json'], { cwd: repo.path, input: EMPTY_PLAN, env: { PATH: bin } }),
    ]);
    // There may be no container engine in that path either.
    expect(wrong.filter(({ name }) => ['git', 'repository', 'folder'].includes(name))).toEqual([
      { name: 'git', ok: false, detail: expect.stringContaining(detail), mend },
      { name: 'repository', ok: false, detail: 'not looked at without git', mend },
    ]);
    expect(merged.code).toBe(3);
    expect(JSON.parse(merged.stdout).errors).toMatchObject([
      { code: 'no-git', message: expect.stringContaining(detail), hint: mend },
    ]);
  });

  it('says who holds the lock; a run that is going on is nothing wrong', async () => {
    const repo = create();
    const unlock = lockHome(await openHome(repo.path));
    try {
      const { code, checks } = await examineFromOutside(repo.path);
      expect(code).toBe(0);
      const holder = process.platform === 'linux' ? ` in process ${process.pid}` : '';
      expect(checks).toContainEqual({
        name: 'lock',
        ok: true,
        detail: `a run is going on${holder}: see lex-pr status`,
        mend: null,
      });
    } finally {
      unlock();
    }
  });

  it('finds gates of a dead run that are still at work, until they are gone', async () => {
    const repo = create();
    const home = await openHome(repo.path);
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const pid = child.pid!;
    await openSqliteStore(join(home, 'state.db')).close();
    const startTime = startTimeOf(pid)!;
    openProcessRecords(join(home, 'processes')).add({ pid, processGroup: pid, startTime });
    const { wrong } = await examine(repo.path);
    expect(wrong).toMatchObject([{ name: 'leftovers', mend: `lex-pr resume, or end them: kill -- -${pid}` }]);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    process.kill(-pid, 'SIGKILL');
    await ended;
    expect((await examine(repo.path)).wrong).toEqual([]);
  });

  it('mends a damaged cache by itself', async () => {
    const repo = create();
    const home = await openHome(repo.path);
    writeFileSync(join(home, 'cache.db'), 'not a database, for more than a hundred bytes\n'.repeat(50));
    const { code, checks } = await examine(repo.path);
    expect(code).toBe(0);
    const cache = checks.find(({ name }) => name === 'cache');
    expect(cache?.detail).toMatch(/not readable .* a new one has been made/);
    rmSync(home, { recursive: true });
  });
});

describe('what the machine must have', () => {
  it('is git 2.38, Node.js 22.13 and a gigabyte of disk', () => {
    expect(gitVersion('git version 2.38.0\n')).toBe('2.38.0');
    expect(gitVersion('git version 2.39.5 (Apple Git-154)')).toBe('2.39.5');
    expect(gitVersion('git version 3.0.rc1')).toBe('3.0.rc1');
    for (const old of ['2.37.9 (Apple Git-1)', '1.99'])
      expect(() => gitVersion(`git version ${old}`)).toThrow(/^git [\d.]+ is too old$/);
    expect(() => gitVersion('hello')).toThrow('something else: it says "hello"');
    expect(checkNode('22.13.0').ok).toBe(true);
    expect(checkNode('22.12.9').ok).toBe(false);
    expect(checkNode('26.0.0').ok).toBe(true);
    expect(checkSpace('/x', 2 ** 30).ok).toBe(true);
    expect(checkSpace("/it's", 2 ** 30 - 1)).toMatchObject({
      ok: false,
      mend: expect.stringContaining("du -sh '/it'\\''s'"),
    });
  });

  it('who holds a lock stands in /proc/locks', () => {
    const text = [
      '1: POSIX  ADVISORY  WRITE 4711 08:01:131 1073741825 1073742335',
      '2: POSIX  ADVISORY  READ  4711 08:01:131 1073741824 1073741824',
      '3: FLOCK  ADVISORY  WRITE 99 08:01:1310 0 EOF',
      '4: POSIX  ADVISORY  READ  5 08:01:131 1 2',
      '',
    ].join('\n');
    expect(parseLocks(text, 131, 5)).toEqual([4711]);
    expect(parseLocks(text, 1310, 5)).toEqual([99]);
    expect(parseLocks(text, 7, 5)).toEqual([]);
  });
});
