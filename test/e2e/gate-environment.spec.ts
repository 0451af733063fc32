import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, type Merged, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

const SECRETS = {
  AWS_ACCESS_KEY_ID: 'planted-1',
  AWS_SECRET_ACCESS_KEY: 'planted-2',
  AWS_SESSION_TOKEN: 'planted-3',
  GITHUB_TOKEN: 'planted-4',
  GH_TOKEN: 'planted-5',
  NPM_TOKEN: 'planted-6',
  SSH_AUTH_SOCK: '/planted-7',
  GIT_ASKPASS: '/planted-8',
  ANYTHING_ELSE: 'planted-9',
};

/** A branch on a history of three commits, merged with one gate; returns what the gate printed. */
async function seenBy(repo: TestRepository, gate: Record<string, unknown>) {
  repo.commit({ second: '1\n' });
  repo.branch('change', { change: '1\n' });
  repo.commit({ third: '1\n' });
  const policy = { integration: 'none' };
  const plan = { gates: [{ name: 'look', ...gate }], policy, items: [{ name: 'change' }] };
  const merged = await mergePlan(repo, plan, ['--execute'], { env: SECRETS });
  expect(merged.code).toBe(0);
  return { merged, text: logOf(merged, repo) };
}

function logOf(merged: Merged, repo: TestRepository): string {
  return readFileSync(join(artifactFolder(repo), itemOf(merged, 'change').gates[0]!.log!), 'utf8').trimEnd();
}

const namesIn = (text: string) => text.split('\n').map((line) => line.replace(/=.*/, ''));

describe('a gate', () => {
  it('gets no credentials and nothing else of the environment of the command, but what the plan gives', async () => {
    const { text } = await seenBy(create(), { run: 'env', env: { FROM_PLAN: 'yes' }, cache: 'off' });
    expect(text).not.toContain('planted');
    for (const name of Object.keys(SECRETS)) expect(namesIn(text)).not.toContain(name);
    expect(text).toContain('FROM_PLAN=yes');
    expect(text).toContain('CI=true');
  });

  it('cached by tree sees a parentless HEAD and no variable of item, commit or run', async () => {
    const repo = create();
    const { merged, text } = await seenBy(repo, {
      run: 'env | grep ^LEX_PR | sort; git rev-list --count HEAD; git status --porcelain; git rev-parse "HEAD^{tree}"',
    });
    const tree = repo.git('rev-parse', 'main^{tree}');
    expect(text.split('\n')).toEqual(['LEX_PR=1', 'LEX_PR_GATE=look', `LEX_PR_TREE=${tree}`, '1', tree]);
    expect(itemOf(merged, 'change').candidate).not.toBeNull();
  });

  it('cached by commit sees the candidate with its history', async () => {
    const repo = create();
    const { merged, text } = await seenBy(repo, {
      run: 'git rev-parse HEAD; echo "$LEX_PR_COMMIT"; git log --format=%s; echo "item=$LEX_PR_ITEM run=$LEX_PR_RUN"',
      cache: 'commit',
    });
    const [head, variable, ...rest] = text.split('\n');
    expect(head).toBe(itemOf(merged, 'change').candidate);
    expect(variable).toBe(head);
    expect(rest.slice(1)).toEqual(expect.arrayContaining(['change change', 'base']));
    expect(rest).toHaveLength(6);
    expect(rest.at(-1)).toBe('item= run=');
  });

  it('that is never cached is told about item and run', async () => {
    const repo = create();
    const { merged, text } = await seenBy(repo, {
      run: 'echo "$LEX_PR_ITEM $LEX_PR_RUN $LEX_PR_TARGET $LEX_PR_HEAD $LEX_PR_ATTEMPT"',
      cache: 'off',
    });
    const head = repo.git('rev-parse', 'change');
    expect(text).toBe(`change ${merged.report.runId} main ${head} 1`);
  });
});
