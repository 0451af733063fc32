import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ChangedError } from '../../lib/gates/changed-error';
import { type Launcher, openLauncher } from '../../lib/gates/launcher';
import { openHome } from '../../lib/repository/home';
import { type Lane, openLane } from '../../lib/repository/lane';
import { type ObjectReader, openReader } from '../../lib/repository/object-reader';
import { openPrivate } from '../../lib/repository/private';
import { openSource } from '../../lib/repository/source';
import { createTreeList } from '../../lib/repository/tree';
import { TestRepository } from '../support/repository';

const canSeal =
  process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch) && existsSync('/usr/bin/perl');

(canSeal ? describe : describe.skip)('a sealed work tree', () => {
  let repo: TestRepository;
  let reader: ObjectReader;
  let launcher: Launcher;
  let lane: Lane;
  let commit: string;
  let tree: string;
  beforeEach(async () => {
    repo = TestRepository.create();
    const home = await openHome(repo.root);
    const git = await openPrivate(home, await openSource(repo.path));
    reader = openReader(git);
    launcher = openLauncher();
    lane = await openLane(home, git, createTreeList(reader), 0, launcher);
    commit = repo.commit({ 'a/file': 'text\n', 'a/b/ü': 'x', other: 'y' });
    tree = repo.git('rev-parse', `${commit}^{tree}`);
  });
  afterEach(async () => {
    await launcher.close();
    await reader.close();
    repo.remove();
  });

  /** As often as it takes: what has changed just now cannot be sealed. */
  async function settled(): Promise<string> {
    for (let left = 100; left > 0; left -= 1) {
      await lane.checkout(commit, tree);
      const path = lane.sealed(commit, tree);
      if (path !== undefined) return path;
      await pause(10);
    }
    throw new Error('it was never sealed');
  }

  async function start(cwd: string): Promise<number | null> {
    const output = { write() {}, onFault() {} };
    const started = await launcher.start({ argv: ['/bin/sh', '-c', 'exit 7'], cwd, env: {} }, output, true);
    return (await started!.exited).exitCode;
  }

  it('lets gates start for as long as they only read', async () => {
    const path = await settled();
    for (let gate = 0; gate < 3; gate += 1) {
      expect(await start(path)).toBe(7);
      readFileSync(join(path, 'a/file'));
      execFileSync('git', ['status'], {
        cwd: path,
        env: { PATH: process.env.PATH, GIT_OPTIONAL_LOCKS: '0' },
      });
      expect(lane.sealed(commit, tree)).toBe(path);
    }
  });

  it.each<{ what: string; act: (path: string) => void }>([
    {
      what: 'content of the same length with the times of before',
      act(path) {
        const { atime, mtime } = statSync(join(path, 'a/file'));
        writeFileSync(join(path, 'a/file'), 'TEXT\n');
        utimesSync(join(path, 'a/file'), atime, mtime);
      },
    },
    { what: 'a permission', act: (path) => chmodSync(join(path, 'a/b/ü'), 0o755) },
    { what: 'a file that is gone', act: (path) => rmSync(join(path, 'a/b/ü')) },
    { what: 'a file too much', act: (path) => writeFileSync(join(path, 'a/b/new'), '') },
    { what: 'an empty folder too much', act: (path) => mkdirSync(join(path, 'a/new')) },
    {
      what: 'a link to a copy',
      act(path) {
        copyFileSync(join(path, 'other'), join(path, '../copy'));
        rmSync(join(path, 'other'));
        symlinkSync('../copy', join(path, 'other'));
      },
    },
    {
      what: 'a work tree in its place',
      act(path) {
        renameSync(path, `${path}.away`);
        execFileSync('cp', ['-a', `${path}.away`, path]);
      },
    },
    { what: 'no work tree', act: (path) => rmSync(path, { recursive: true }) },
    { what: 'another HEAD', act: (path) => writeFileSync(join(path, '.git/HEAD'), 'ref: refs/heads/x\n') },
    { what: 'a hook', act: (path) => mkdirSync(join(path, '.git/hooks')) },
    { what: 'a ref', act: (path) => writeFileSync(join(path, '.git/refs/heads/x'), `${commit}\n`) },
    { what: 'the index of the lane', act: (path) => writeFileSync(join(path, '../index'), '') },
  ])('lets no gate start with $what, and is made whole', async ({ act }) => {
    const path = await settled();
    act(path);
    await expect(start(path)).rejects.toThrow(ChangedError);
    expect(await lane.checkout(commit, tree)).toBe(path);
    const status = execFileSync('git', ['status', '--porcelain', '--ignored'], {
      cwd: path,
      encoding: 'utf8',
    });
    expect(status).toBe('');
    expect(readFileSync(join(path, '.git/HEAD'), 'utf8')).toBe(`${commit}\n`);
  });

  it.each<{ what: string; act: (path: string) => void }>([
    ...(process.getuid?.() === 0
      ? [
          {
            what: 'belongs to somebody else',
            act: (path: string) => void execFileSync('chown', ['-R', '1:1', path]),
          },
        ]
      : []),
    { what: 'is gone', act: (path) => rmSync(join(path, '..'), { recursive: true }) },
    {
      what: 'has a folder for the clock',
      act(path) {
        rmSync(join(path, '../clock'), { recursive: true, force: true });
        mkdirSync(join(path, '../clock'));
      },
    },
    ...['clock', 'index', 'attributes'].map((name) => ({
      what: `has a FIFO for the ${name}`,
      act(path: string) {
        rmSync(join(path, '..', name), { recursive: true, force: true });
        execFileSync('mkfifo', [join(path, '..', name)]);
      },
    })),
    {
      what: 'has a link for the clock',
      act(path) {
        rmSync(join(path, '../clock'), { recursive: true, force: true });
        symlinkSync('tree/other', join(path, '../clock'));
      },
    },
    {
      what: 'has an index that says of a change that it is none',
      act(path) {
        const index = join(path, '../index');
        const git = (...args: string[]) =>
          execFileSync('git', args, { cwd: path, env: { ...process.env, GIT_INDEX_FILE: index } });
        const idOf = (file: string) => git('hash-object', '-w', file).toString().trim();
        const right = idOf('other');
        writeFileSync(join(path, 'other'), 'changed');
        utimesSync(join(path, 'other'), 1, 1);
        git('update-index', 'other');
        const bytes = readFileSync(index);
        bytes.write(right, bytes.indexOf(idOf('other'), 0, 'hex'), 'hex');
        bytes.set(createHash('sha1').update(bytes.subarray(0, -20)).digest(), bytes.length - 20);
        writeFileSync(index, bytes);
      },
    },
  ])('is made whole where the lane $what, for the same tree and for another', async ({ act }) => {
    const next = repo.commit({ more: 'z' });
    const nextTree = repo.git('rev-parse', `${next}^{tree}`);
    for (const [head, of] of [
      [commit, tree],
      [next, nextTree],
    ] as const) {
      const path = await lane.checkout(commit, tree);
      act(path);
      expect(await lane.checkout(head, of)).toBe(path);
      expect(readFileSync(join(path, 'other'), 'utf8')).toBe('y');
      expect(existsSync(join(path, 'more'))).toBe(head === next);
      const status = ['status', '--porcelain', '--ignored'];
      const env = { PATH: process.env.PATH };
      expect(execFileSync('git', status, { cwd: path, env, encoding: 'utf8' })).toBe('');
    }
    await settled();
  });

  it('is none for another commit, another tree, or a launcher that has ended', async () => {
    const path = await settled();
    expect(lane.sealed(tree, tree)).toBeUndefined();
    expect(lane.sealed(commit, commit)).toBeUndefined();
    await launcher.close();
    await expect(start(path)).rejects.toThrow(ChangedError);
  });

  it('is not made of what has changed at the same time as the clock', async () => {
    writeFileSync(join(lane.folder, 'clock'), '');
    await pause(20);
    writeFileSync(join(lane.folder, 'late'), '');
    expect(await launcher.seal(lane.folder, ['clock', 'late'])).toBe(false);
    expect(await launcher.seal(lane.folder, ['late', 'clock'])).toBe(true);
    expect(await launcher.seal(lane.folder, ['late', 'missing'])).toBe(false);
    await expect(start(lane.folder)).rejects.toThrow(ChangedError);
  });
});
