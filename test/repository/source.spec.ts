import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../lib/errors';
import { isRemote, openSource, sourceGit } from '../../lib/repository/source';
import { TestRepository } from '../support/repository';

let repo: TestRepository;
beforeEach(() => {
  repo = TestRepository.create();
});
afterEach(() => repo.remove());

const gitDir = () => join(realpathSync(repo.path), '.git');

/** Clones the repository; returns the path of the clone. */
function clone(name: string, ...options: string[]): string {
  const path = join(repo.root, name);
  repo.git('clone', '-q', ...options, `file://${repo.path}`, path);
  return path;
}

async function refusal(repository: string) {
  const error = await openSource(repository).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).problems[0]!;
}

describe('a local source', () => {
  it('is found from its work tree, from a folder inside and from its git directory', async () => {
    mkdirSync(join(repo.path, 'a/b'), { recursive: true });
    for (const path of ['', 'a/b', '.git'])
      expect(await openSource(join(repo.path, path))).toEqual({
        kind: 'local',
        gitDir: gitDir(),
        objectFormat: 'sha1',
        user: [
          ['user.name', 'Tester'],
          ['user.email', 'tester@example.com'],
        ],
      });
  });

  it('is the same one from a linked work tree', async () => {
    repo.git('worktree', 'add', '-q', '--detach', join(repo.root, 'linked'));
    expect(await openSource(join(repo.root, 'linked'))).toMatchObject({ gitDir: gitDir() });
  });

  it('may be bare', async () => {
    const bare = clone('bare.git', '--bare');
    expect(await openSource(bare)).toMatchObject({ kind: 'local', gitDir: realpathSync(bare) });
  });

  it('may use sha256', async () => {
    const path = join(repo.root, 'sha256');
    repo.git('init', '-q', '--object-format=sha256', path);
    expect(await openSource(path)).toMatchObject({ kind: 'local', objectFormat: 'sha256' });
  });

  it('may lie in a folder whose name holds spaces, unicode and a newline', async () => {
    const path = join(repo.root, 'a b ü\nc');
    repo.git('init', '-q', path);
    expect(await openSource(path)).toMatchObject({ gitDir: join(realpathSync(path), '.git') });
  });

  it('gives git on the repository', async () => {
    const source = await openSource(repo.path);
    if (source.kind !== 'local') throw new Error('not local');
    expect(await sourceGit(source).text(['rev-parse', 'main'])).toBe(repo.git('rev-parse', 'main'));
  });
});

describe('a local source is refused', () => {
  it('when there is no such folder', async () => {
    expect(await refusal(join(repo.root, 'none'))).toMatchObject({ code: 'no-such-folder' });
    expect(await refusal(join(repo.path, 'README'))).toMatchObject({ code: 'no-such-folder' });
  });

  it('when the folder is no repository', async () => {
    expect(await refusal(repo.root)).toMatchObject({
      code: 'not-a-repository',
      message: expect.stringContaining('not a git repository'),
    });
  });

  it('when it is shallow, with the command that helps', async () => {
    repo.commit({ README: 'more\n' });
    const problem = await refusal(clone('shallow', '--depth=1'));
    expect(problem).toMatchObject({ code: 'shallow-repository', hint: 'git fetch --unshallow' });
  });

  it('when it is a partial clone', async () => {
    repo.git('config', 'uploadpack.allowFilter', 'true');
    const problem = await refusal(clone('partial', '--filter=blob:none'));
    expect(problem).toMatchObject({ code: 'partial-clone', hint: expect.stringContaining('--filter') });
  });
});

describe('a remote source', () => {
  it('is told from a path by the colon before the first slash', () => {
    for (const url of ['https://host/x.git', 'file:///x', 'ssh://git@host/x', 'git@host:x/y.git', 'host:x'])
      expect(isRemote(url)).toBe(true);
    for (const path of ['/x', '/x:y', './x:y', 'x/y:z', 'x', '.']) expect(isRemote(path)).toBe(false);
  });

  it('is read through its URL', async () => {
    expect(await openSource(`file://${repo.path}`)).toMatchObject({
      kind: 'remote',
      url: `file://${repo.path}`,
      objectFormat: 'sha1',
    });
  });

  it('may use sha256', async () => {
    const path = join(repo.root, 'sha256');
    repo.git('init', '-q', '--object-format=sha256', path);
    const options = ['-c', 'user.name=x', '-c', 'user.email=x@x'];
    repo.git('-C', path, ...options, 'commit', '-q', '--allow-empty', '-m', 'base');
    expect(await openSource(`file://${path}`)).toMatchObject({ kind: 'remote', objectFormat: 'sha256' });
  });

  it('is refused when it cannot be reached, without showing the password', async () => {
    const problem = await refusal(`file://user:secret@${repo.root}/none.git`);
    expect(problem.code).toBe('remote-unreachable');
    expect(problem.message).toContain('none.git');
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('is refused when it has no branches', async () => {
    execFileSync('git', ['init', '-q', '--bare', join(repo.root, 'empty.git')]);
    expect(await refusal(`file://${repo.root}/empty.git`)).toMatchObject({ code: 'empty-repository' });
  });
});

describe("the user's own configuration", () => {
  const before = process.env.GIT_CONFIG_GLOBAL;
  const configure = (text: string) => {
    process.env.GIT_CONFIG_GLOBAL = join(repo.root, 'gitconfig');
    writeFileSync(process.env.GIT_CONFIG_GLOBAL, text);
  };
  afterEach(() => {
    if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
    else process.env.GIT_CONFIG_GLOBAL = before;
    rmSync(join(repo.root, 'gitconfig'), { force: true });
  });

  it('decides how a remote is reached', async () => {
    configure(`[url "file://${repo.root}/"]\n\tinsteadOf = "short:"\n`);
    expect(await openSource('short:repo')).toMatchObject({ kind: 'remote', url: 'short:repo' });
  });

  it('is refused with its line when git cannot read it', async () => {
    configure('[broken\n');
    expect(await refusal(`file://${repo.path}`)).toMatchObject({
      code: 'bad-git-config',
      message: expect.stringContaining('line 1'),
    });
  });
});
