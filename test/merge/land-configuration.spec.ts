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

afterEach(() => repo.remove());

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

  it('keeps a sparse checkout sparse', async () => {
    repo.git('sparse-checkout', 'set', '--no-cone', '/keep', '/edit');
    const { landing } = await makeLanding(repo);
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
    expect(contentOf(repo.path, 'edit')).toBe('new\n');
    expect(existsSync(join(repo.path, 'new'))).toBe(false);
    expect(statusOf(repo.path)).toBe('');
  });
});
