import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { land } from '../../lib/merge/land';
import type { TestRepository } from '../support/repository';
import { contentOf, gitIn, makeLanding, makeRepository, plantHook, statusOf } from './landing-world';

let repo: TestRepository;

beforeEach(() => {
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  repo = makeRepository();
});

afterEach(() => {
  for (const name of Object.keys(OF_ANOTHER)) delete process.env[name];
  repo.remove();
});

/** What git sets for hooks and aliases, such as one that starts lex-pr. */
const OF_ANOTHER = {
  ...{ GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere', GIT_INDEX_FILE: '/nowhere/index' },
  ...{ GIT_PREFIX: 'new/', GIT_OBJECT_DIRECTORY: '/nowhere', GIT_NAMESPACE: 'another' },
};

const HOOKS = [
  ...['pre-push', 'reference-transaction', 'post-checkout', 'post-index-change', 'update', 'pre-receive'],
  ...['post-merge', 'fsmonitor-watchman', 'post-rewrite', 'pre-auto-gc'],
];

describe("the user's configuration", () => {
  it('has no hook that runs, neither of the repository nor of the user', async () => {
    repo.branch('second', { keep: 'second\n' });
    const marker = join(repo.root, 'hook-ran');
    const hooks = join(repo.root, 'hooks');
    for (const folder of [hooks, join(repo.path, '.git/hooks')])
      for (const name of HOOKS) plantHook(folder, name, `echo ${name} >> '${marker}'; exit 1`);
    const config = join(repo.root, 'gitconfig');
    writeFileSync(config, `[core]\n\thooksPath = ${hooks}\n\tfsmonitor = ${hooks}/fsmonitor-watchman\n`);
    process.env.GIT_CONFIG_GLOBAL = config;

    const first = await makeLanding(repo);
    expect(await land(first.landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
    writeFileSync(join(repo.path, '.git/config'), readFileSync(config), { flag: 'a' });
    const second = await makeLanding(repo, { head: 'second' });
    expect(await land(second.landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
    expect(existsSync(marker)).toBe(false);
    // They would have run.
    expect(() => gitIn(repo.path, ['update-ref', 'refs/heads/main', 'HEAD~1'])).toThrow();
    expect(contentOf(repo.root, 'hook-ran')).toContain('reference-transaction');
  });

  it('decides line endings and filters, as for git merge', async () => {
    repo.branch('filtered', { '.gitattributes': 'secret filter=rot\n', secret: 'uryyb\n' }, 'topic');
    const config = join(repo.root, 'gitconfig');
    const rot = "tr 'a-z' 'n-za-m'";
    writeFileSync(config, `[core]\n\tautocrlf = true\n[filter "rot"]\n\tclean = ${rot}\n\tsmudge = ${rot}\n`);
    process.env.GIT_CONFIG_GLOBAL = config;
    repo.git('checkout', '-q', '--detach');
    gitIn(repo.path, ['rm', '-q', '-r', '--cached', '.']);
    gitIn(repo.path, ['checkout', '-q', '-f', 'main'], config);
    expect(contentOf(repo.path, 'edit')).toBe('old\r\n');

    const { landing } = await makeLanding(repo, { head: 'filtered' });
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
    expect(contentOf(repo.path, 'edit')).toBe('new\r\n');
    expect(contentOf(repo.path, 'secret')).toBe('hello\r\n');
    expect(statusOf(repo.path, config)).toBe('');
  });

  it('may forbid git to fetch from folders, or to use the protocol that finds any commit', async () => {
    for (const setting of ['protocol.file.allow=never', 'protocol.allow=never', 'protocol.version=0'])
      repo.git('config', ...setting.split('='));
    const { landing } = await makeLanding(repo);
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
  });

  it('is not what git has told who started lex-pr about another repository', async () => {
    const { landing } = await makeLanding(repo);
    Object.assign(process.env, OF_ANOTHER);
    writeFileSync(join(repo.path, 'keep'), 'mine\n');
    expect(await land(landing)).toMatchObject({ kind: 'target-dirty' });
    writeFileSync(join(repo.path, 'keep'), 'keep\n');
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
    expect(contentOf(repo.path, 'new/file')).toBe('added\n');
  });

  it('keeps a sparse checkout sparse', async () => {
    repo.git('sparse-checkout', 'set', '--no-cone', '/keep', '/edit');
    const { landing } = await makeLanding(repo);
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
    expect(contentOf(repo.path, 'edit')).toBe('new\n');
    expect(existsSync(join(repo.path, 'new'))).toBe(false);
    expect(statusOf(repo.path)).toBe('');
  });
});
