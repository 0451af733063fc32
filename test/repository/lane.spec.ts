import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import type { Git } from '../../lib/repository/git';
import { openHome } from '../../lib/repository/home';
import { type Lane, openLane } from '../../lib/repository/lane';
import { type ObjectReader, openReader } from '../../lib/repository/object-reader';
import { openPrivate } from '../../lib/repository/private';
import { openSource } from '../../lib/repository/source';
import { createTreeList, type ListTree } from '../../lib/repository/tree';
import { openTrees } from '../../lib/repository/trees';
import type { TreeSource } from '../../lib/repository/write-changes';
import { TestRepository } from '../support/repository';

// Thousands of files and hundreds of git processes, on machines that may be busy.
jest.setTimeout(120_000);

let repo: TestRepository;
let home: string;
let git: Git;
let lane: Lane;
let reader: ObjectReader;
let listTree: ListTree;
/** A lane that writes itself what it need not ask git for. */
const openOne = (number = 0) => {
  const source: TreeSource = { trees: openTrees({ read: reader.read, stage: unused }), reader };
  return openLane(home, git, listTree, number, undefined, source);
};
const unused = () => {
  throw new Error('a lane writes no objects');
};
beforeEach(async () => {
  repo = TestRepository.create();
  home = await openHome(repo.root);
  git = await openPrivate(home, await openSource(repo.path));
  reader = openReader(git);
  listTree = createTreeList(reader);
  lane = await openOne();
});
afterEach(async () => {
  await reader.close();
  repo.remove();
});

const checkout = (commit: string, on = lane) =>
  on.checkout(commit, repo.git('rev-parse', `${commit}^{tree}`));

/** Runs a program as a gate would, in the work tree, without our environment. */
const gate = (cwd: string, command: string, ...args: string[]) =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
  });

/** Everything in a folder but the `.git` at its top, with types, permissions and content. */
function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (path: Buffer, name: string): void => {
    const status = lstatSync(path);
    const mode = (status.mode & 0o7777).toString(8);
    if (status.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`;
    else if (status.isFile()) found[name] = `${mode} ${readFileSync(path, 'latin1')}`;
    else if (!status.isDirectory()) found[name] = `${mode} special`;
    else {
      found[`${name}/`] = mode;
      for (const entry of readdirSync(path, { encoding: 'buffer' }))
        if (name !== '' || entry.toString() !== '.git')
          walk(Buffer.concat([path, Buffer.from('/'), entry]), `${name}/${entry.toString('latin1')}`);
    }
  };
  walk(Buffer.from(folder), '');
  return found;
}

/** What a lane that never held anything else holds after a checkout. */
async function pristine(commit: string): Promise<Record<string, string>> {
  const other = await openLane(home, git, listTree, 99);
  const path = await checkout(commit, other);
  const found = contents(path);
  rmSync(dirname(path), { recursive: true });
  return found;
}

/** Checks out until all that was written is so old that a change of it would show in its times. */
async function settled(commit: string): Promise<string> {
  await checkout(commit);
  await pause(20);
  await checkout(commit);
  return checkout(commit);
}

/** Checks out, lets a gate do its worst, checks out again: nothing of it may be left. */
async function survives(commit: string, act: (path: string) => void, next = commit): Promise<void> {
  const expected = await pristine(next);
  act(await settled(commit));
  const path = await checkout(next);
  expect(contents(path)).toEqual(expected);
  expect(gate(path, 'git', 'status', '--porcelain', '--ignored')).toBe('');
  expect(gate(path, 'git', 'rev-parse', 'HEAD')).toBe(`${next}\n`);
}

describe('a checkout', () => {
  it('holds exactly the tree, with HEAD detached at the commit and a clean status', async () => {
    const commit = repo.commit({
      'a/b': 'text\n',
      'a/c ü': 'x',
      'new\nline': 'y',
      '-x': 'z',
      '.gitignore': 'x*',
    });
    const path = await checkout(commit);
    expect(Object.keys(contents(path)).filter((name) => !name.endsWith('/'))).toHaveLength(6);
    expect(readFileSync(join(path, 'new\nline'), 'utf8')).toBe('y');
    expect(gate(path, 'git', 'status', '--porcelain', '--ignored')).toBe('');
    expect(gate(path, 'git', 'log', '-1', '--format=%H %D')).toBe(`${commit} HEAD\n`);
    expect(gate(path, 'git', 'for-each-ref')).toBe('');
    expect(gate(path, 'git', 'fsck', '--connectivity-only')).toBe('');
  });

  it('holds symlinks, executables and names that are no UTF-8', async () => {
    symlinkSync('../outside', join(repo.path, 'link'));
    symlinkSync('.', join(repo.path, 'here'));
    writeFileSync(join(repo.path, 'run'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(Buffer.concat([Buffer.from(`${repo.path}/`), Buffer.from([0x66, 0xff])]), 'bytes');
    const commit = repo.commit({});
    const found = contents(await checkout(commit));
    expect(found).toMatchObject({ '/link': '-> ../outside', '/here': '-> .' });
    expect(found['/run']).toMatch(/^7.. #!/);
    expect(found['/f\xff']).toContain('bytes');
    await survives(commit, () => {});
  });

  it('leaves a submodule as an empty folder, whatever a gate puts there', async () => {
    repo.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`);
    repo.git('commit', '-q', '-m', 'submodule');
    const commit = repo.git('rev-parse', 'HEAD');
    expect(contents(await checkout(commit))).toHaveProperty(['/sub/']);
    await survives(commit, (path) => {
      gate(path, 'git', 'init', '-q', 'sub');
      writeFileSync(join(path, 'sub/file'), 'x');
    });
    await survives(commit, (path) => rmSync(join(path, 'sub'), { recursive: true }));
  });

  it('may be of an empty tree', async () => {
    repo.git('rm', '-q', '-r', '.');
    repo.git('commit', '-q', '-m', 'empty');
    expect(Object.keys(contents(await checkout(repo.git('rev-parse', 'HEAD'))))).toEqual(['/']);
  });

  it('writes unchanged files no second time', async () => {
    const one = repo.commit({ same: 'same', other: '1' });
    const two = repo.commit({ other: '2' });
    const path = await checkout(one);
    const before = statSync(join(path, 'same'));
    await checkout(two);
    const after = statSync(join(path, 'same'));
    expect([after.ino, after.ctimeMs]).toEqual([before.ino, before.ctimeMs]);
    expect(readFileSync(join(path, 'other'), 'utf8')).toBe('2');
  });

  it('turns files into folders, folders into symlinks and back', async () => {
    const one = repo.commit({ x: 'file', 'y/a': 'a', 'y/b': 'b' });
    const two = repo.commit({ x: null, 'x/a': 'a', 'y/a': null, 'y/b': null });
    rmSync(join(repo.path, 'y'), { recursive: true, force: true });
    symlinkSync('x', join(repo.path, 'y'));
    const three = repo.commit({});
    for (const [from, to] of [
      [one, two],
      [two, three],
      [three, one],
      [one, three],
    ] as const)
      await survives(from, () => {}, to);
  });

  it('is as a fresh one when only the attributes differ', async () => {
    const plain = repo.commit({ 'text.txt': 'a\nb\n', id: '$Id$\n' });
    const crlf = repo.commit({ '.gitattributes': '*.txt text eol=crlf\nid ident\n' });
    const utf16 = repo.commit({ '.gitattributes': '*.txt text working-tree-encoding=UTF-16LE\n' });
    expect(readFileSync(join(await checkout(crlf), 'text.txt'), 'latin1')).toBe('a\r\nb\r\n');
    for (const [from, to] of [
      [plain, crlf],
      [crlf, utf16],
      [utf16, plain],
    ] as const)
      await survives(from, () => {}, to);
  });

  it('runs no filter that attributes name, whoever configures it', async () => {
    repo.git('config', 'filter.evil.smudge', 'touch evil; echo evil');
    const commit = repo.commit({ f: 'good', '.gitattributes': 'f filter=evil\n' });
    const before = process.env.GIT_CONFIG_GLOBAL;
    process.env.GIT_CONFIG_GLOBAL = join(repo.path, '.git/config');
    try {
      const path = await checkout(commit);
      expect(readFileSync(join(path, 'f'), 'utf8')).toBe('good');
      expect(existsSync(join(path, 'evil'))).toBe(false);
    } finally {
      if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = before;
    }
  });

  it('works with sha256', async () => {
    rmSync(join(repo.path, '.git'), { recursive: true });
    repo.git('init', '-q', '--object-format=sha256');
    repo.git('config', 'user.name', 'x');
    repo.git('config', 'user.email', 'x@example.com');
    git = await openPrivate(home, await openSource(repo.path));
    await reader.close();
    reader = openReader(git);
    listTree = createTreeList(reader);
    lane = await openOne();
    await survives(repo.commit({ a: 'a' }), (path) => writeFileSync(join(path, 'a'), 'b'));
  });

  it('is right in a repository of 5,000 files, whatever changed', async () => {
    const name = (i: number) => `d${i % 50}/e${i % 250}/f${i}`;
    const files = Array.from({ length: 5000 }, (_, i) => [name(i), `${i}\n`]);
    const one = repo.commit(Object.fromEntries(files));
    const two = repo.commit(Object.fromEntries(files.filter((_, i) => i % 7 === 0).map(([f]) => [f, null])));
    await survives(
      one,
      (path) => {
        for (let i = 0; i < 5000; i += 11) writeFileSync(join(path, name(i)), `${i + 1}\n`);
        for (let i = 0; i < 5000; i += 13) rmSync(join(path, name(i)), { force: true });
        rmSync(join(path, 'd3'), { recursive: true });
      },
      two,
    );
  });

  it('is that of a fresh lane after any sequence of trees and changes', async () => {
    const paths = ['a', 'a/b', 'a/b/c', 'd/e', 'd'];
    const files = fc.dictionary(
      fc.constantFrom('a', 'b/c', 'b/d', 'e/f/g', '.gitattributes'),
      fc.constantFrom('1\n', '2\n'),
    );
    const spoils = fc.array(
      fc.tuple(fc.constantFrom(...paths, 'b/c', 'e/f/g'), fc.constantFrom('file', 'folder', 'link', 'gone')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(files, spoils), { minLength: 2, maxLength: 4 }), async (steps) => {
        for (const [tree, spoil] of steps) {
          repo.git('rm', '-q', '-r', '--ignore-unmatch', '.');
          const commit = repo.commit(tree);
          const path = await checkout(commit);
          expect(contents(path)).toEqual(await pristine(commit));
          for (const [name, kind] of spoil) {
            const file = join(path, name);
            try {
              rmSync(file, { recursive: true, force: true });
              mkdirSync(dirname(file), { recursive: true });
              if (kind === 'file') writeFileSync(file, '3\n');
              if (kind === 'folder') mkdirSync(file);
              if (kind === 'link') symlinkSync('a', file);
            } catch {
              // A file is in the way of this one: the next spoils something else.
            }
          }
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('what a gate leaves behind is gone before the next', () => {
  let commit: string;
  beforeEach(() => {
    commit = repo.commit({ 'lib/a': 'aaaa\n', 'lib/deep/b': 'b', c: 'c', '.gitignore': 'build\n' });
  });

  it('changed, removed, added and ignored files', () =>
    survives(commit, (path) => {
      writeFileSync(join(path, 'lib/a'), 'changed');
      rmSync(join(path, 'lib/deep'), { recursive: true });
      writeFileSync(join(path, 'added\nü'), 'x');
      mkdirSync(join(path, 'build/x'), { recursive: true });
      mkdirSync(join(path, 'lib/empty'));
      gate(path, 'mkfifo', 'fifo');
      rmSync(join(path, 'c'));
      gate(path, 'mkfifo', 'c');
    }));

  it('a change of the same size with the old times, at once after the checkout', async () => {
    for (let i = 0; i < 20; i++) {
      const file = join(await checkout(commit), 'lib/a');
      const { atime, mtime } = statSync(file);
      writeFileSync(file, 'bbbb\n');
      utimesSync(file, atime, mtime);
      expect(readFileSync(join(await checkout(commit), 'lib/a'), 'utf8')).toBe('aaaa\n');
    }
  });

  it('permissions of files and folders', () =>
    survives(commit, (path) => {
      chmodSync(join(path, 'lib/a'), 0o400);
      chmodSync(join(path, 'c'), 0o777);
      chmodSync(join(path, 'lib/deep'), 0o000);
      chmodSync(path, 0o500);
    }));

  it('folders without permissions, also for a user who is not root', async () => {
    const act = (path: string) => {
      mkdirSync(join(path, 'new/x/y'), { recursive: true });
      writeFileSync(join(path, 'new/x/y/z'), 'z');
      writeFileSync(join(path, 'lib/deep/new'), 'z');
      for (const name of ['new/x/y', 'new/x', 'new', 'lib/deep', 'lib']) chmodSync(join(path, name), 0o000);
    };
    if (process.getuid?.() !== 0) return survives(commit, act);
    gate(repo.root, 'chown', '-R', '65534', '.');
    process.seteuid?.(65534);
    try {
      await survives(commit, act);
    } finally {
      process.seteuid?.(0);
    }
  });

  it('repositories, also inside tracked folders', () =>
    survives(commit, (path) => {
      for (const name of ['lib', 'lib/deep', 'untracked', 'build']) gate(path, 'git', 'init', '-q', name);
    }));

  it('folders replaced by symlinks to the outside, of which nothing is touched', async () => {
    const outside = join(repo.root, 'outside');
    const next = repo.commit({ 'lib/a': null, 'lib/deep/b': null, 'lib/z': 'z' });
    for (const to of [commit, next]) {
      mkdirSync(join(outside, 'deep'), { recursive: true });
      for (const name of ['a', 'deep/b', 'mine']) writeFileSync(join(outside, name), 'outside');
      const before = contents(outside);
      await survives(
        commit,
        (path) => {
          rmSync(join(path, 'lib'), { recursive: true });
          symlinkSync(outside, join(path, 'lib'));
          symlinkSync(outside, join(path, 'link'));
          rmSync(join(path, '.git'), { recursive: true });
          symlinkSync(outside, join(path, '.git'));
        },
        to,
      );
      expect(contents(outside)).toEqual(before);
    }
  });

  it('the work tree itself removed, moved away, or replaced by a file or a symlink', async () => {
    const outside = join(repo.root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'c'), 'outside');
    const removed = (path: string) => rmSync(path, { recursive: true });
    await survives(commit, removed);
    await survives(commit, (path) => renameSync(path, join(repo.root, 'moved')));
    await survives(commit, (path) => {
      removed(path);
      writeFileSync(path, 'file');
    });
    await survives(commit, (path) => {
      removed(path);
      symlinkSync(outside, path);
    });
    expect(contents(outside)).toMatchObject({ '/c': expect.stringContaining('outside') });
  });

  it('hooks, settings, filters, refs, locks and borrowed objects in its repository', () =>
    survives(commit, (path) => {
      const plant = (name: string, text: string) => {
        mkdirSync(dirname(join(path, '.git', name)), { recursive: true });
        writeFileSync(join(path, '.git', name), text, { mode: 0o755 });
      };
      const evil = `#!/bin/sh\ntouch ${repo.root}/evil\n`;
      for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction'])
        plant(`hooks/${hook}`, evil);
      plant('evil', evil);
      gate(path, 'git', 'config', 'core.fsmonitor', '.git/evil');
      gate(path, 'git', 'config', 'filter.evil.smudge', '.git/evil');
      gate(path, 'git', 'config', 'core.worktree', repo.root);
      plant('info/attributes', '* filter=evil\n');
      plant('info/exclude', '*\n');
      plant('info/sparse-checkout', '/c\n');
      for (const lock of ['index.lock', 'HEAD.lock', 'config.lock']) plant(lock, '');
      plant('refs/heads/main', `${commit}\n`);
      plant('objects/info/alternates', '/nonexistent\n');
    }).then(() => expect(existsSync(join(repo.root, 'evil'))).toBe(false)));

  it('an index that hides changes', () =>
    survives(commit, (path) => {
      gate(path, 'git', 'update-index', '--assume-unchanged', 'c');
      gate(path, 'git', 'update-index', '--skip-worktree', 'lib/a');
      writeFileSync(join(path, 'c'), 'hidden');
      writeFileSync(join(path, 'lib/a'), 'hidden');
    }));

  it('commits, and a repository turned into a file', async () => {
    await survives(commit, (path) => {
      gate(
        path,
        'git',
        '-c',
        'user.name=x',
        '-c',
        'user.email=x@x',
        'commit',
        '-q',
        '--allow-empty',
        '-m',
        'x',
      );
    });
    await survives(commit, (path) => {
      rmSync(join(path, '.git'), { recursive: true });
      writeFileSync(join(path, '.git'), `gitdir: ${repo.path}/.git\n`);
    });
    expect(repo.git('rev-parse', 'HEAD')).toBe(commit);
  });
});

describe('a lane', () => {
  it('needs git neither for what was left alone nor for a changed file', async () => {
    const commit = repo.commit({ 'lib/a': 'a', 'lib/deep/b': 'b', 'ü/c': 'c' });
    const other = repo.commit({}, 'with the same tree');
    const path = await settled(commit);
    const before = contents(path);
    const run = jest.spyOn(git, 'run');
    await checkout(commit);
    mkdirSync(join(path, 'lib/build'));
    writeFileSync(join(path, 'lib/build/output'), 'x');
    writeFileSync(join(path, '.git/x'), 'x');
    chmodSync(join(path, 'lib/deep'), 0o700);
    await checkout(other);
    expect(gate(path, 'git', 'rev-parse', 'HEAD')).toBe(`${other}\n`);
    expect(contents(path)).toEqual(before);
    linkSync(join(path, '.git/HEAD'), join(repo.root, 'elsewhere'));
    await checkout(other);
    writeFileSync(join(repo.root, 'elsewhere'), 'changed');
    expect(gate(path, 'git', 'rev-parse', 'HEAD')).toBe(`${other}\n`);
    writeFileSync(join(path, 'lib/deep/b'), 'B');
    await checkout(commit);
    expect(contents(path)).toEqual(before);
    expect(run).not.toHaveBeenCalled();
  });

  it('goes on where an earlier process left it, without writing unchanged files', async () => {
    const commit = repo.commit({ a: 'a' });
    const path = await checkout(commit);
    writeFileSync(join(path, 'README'), 'changed');
    const before = statSync(join(path, 'a')).ino;
    lane = await openOne();
    await checkout(commit);
    expect(statSync(join(path, 'a')).ino).toBe(before);
    expect(readFileSync(join(path, 'README'), 'utf8')).toBe('base\n');
  });

  it('believes no index that somebody has changed between two processes', async () => {
    const commit = repo.commit({ a: 'a' });
    const path = await checkout(commit);
    const index = join(dirname(path), 'index');
    writeFileSync(join(path, 'a'), 'hidden');
    await pause(20);
    execFileSync('git', ['add', 'a'], { cwd: path, env: { ...process.env, GIT_INDEX_FILE: index } });
    // What is noted of the file is true but for its content.
    const forged = readFileSync(index);
    const content = (rev: string) => Buffer.from(gate(path, 'git', ...rev.split(' ')).trim(), 'hex');
    content('rev-parse HEAD:a').copy(forged, forged.indexOf(content('hash-object a')));
    createHash('sha1')
      .update(forged.subarray(0, -20))
      .digest()
      .copy(forged, forged.length - 20);
    writeFileSync(index, forged);
    lane = await openLane(home, git, listTree, 0);
    await checkout(commit);
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('a');
  });

  it('heals after a process that was killed in the middle of a checkout', async () => {
    const one = repo.commit({ a: '1', b: '1' });
    const two = repo.commit({ a: '2', b: '2' });
    const folder = dirname(await checkout(one));
    // As killed git leaves it: files of both trees, the old index, its lock.
    const state = readdirSync(folder).filter((name) => !['tree', 'index'].includes(name));
    for (const name of state) rmSync(join(folder, name));
    writeFileSync(join(folder, 'tree/a'), '2');
    writeFileSync(join(folder, 'index.lock'), 'half');
    for (const to of [two, one]) {
      lane = await openOne();
      await survives(to, () => {});
    }
  });

  it('heals a damaged index and a stale lock', async () => {
    const commit = repo.commit({ a: 'a' });
    const folder = dirname(await checkout(commit));
    await survives(commit, () => writeFileSync(join(folder, 'index'), 'damaged'));
    await survives(commit, () => writeFileSync(join(folder, 'index.lock'), ''));
    await survives(commit, () => rmSync(join(folder, 'index')));
  });

  it('does not see what happens in another', async () => {
    const commit = repo.commit({ a: 'a' });
    const other = await openOne(1);
    const [first, second] = await Promise.all([checkout(commit), checkout(commit, other)]);
    writeFileSync(join(first, 'a'), 'changed');
    expect(readFileSync(join(second, 'a'), 'utf8')).toBe('a');
  });

  it('fails on a tree that is not there, and works again afterwards', async () => {
    const commit = repo.commit({ a: 'a' });
    await expect(lane.checkout(commit, '1'.repeat(40))).rejects.toThrow('not in the repository');
    await survives(commit, () => {});
  });
});
