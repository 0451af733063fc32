import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

const HOOKS = [
  ...['applypatch-msg', 'commit-msg', 'post-checkout', 'post-commit', 'post-index-change', 'post-merge'],
  ...['post-rewrite', 'pre-auto-gc', 'pre-commit', 'pre-merge-commit', 'pre-push', 'pre-rebase'],
  ...['prepare-commit-msg', 'reference-transaction', 'sendemail-validate', 'fsmonitor-watchman'],
];

const LINES = Array.from({ length: 20 }, (_, line) => `line ${line}`);
const content = (edited: readonly string[]) => `${edited.join('\n')}\n`;

/**
 * A repository whose attributes send every file through drivers and filters, with an edit and a rename that a
 * plain git merges. `arm` then turns on what a user's configuration can: each thing that runs leaves its name in
 * `traces`.
 */
function trapped() {
  const repo = create();
  repo.commit({ '.gitattributes': '* merge=evil filter=evil diff=evil\n', old: content(LINES) });
  repo.branch('edit', { old: content(LINES.with(3, 'edited')) });
  repo.branch('rename', { old: null, new: content(LINES) });
  const traces = join(repo.root, 'traces');
  return { repo, traces, env: { HOME: repo.root, GIT_CONFIG_GLOBAL: join(repo.root, '.gitconfig') } };
}

/** @param filters whether checking out a file runs a program too */
function arm(repo: TestRepository, traces: string, filters: boolean): void {
  const evil = (name: string, then = 'exit 1') => {
    const path = join(repo.root, 'evil', name);
    mkdirSync(join(repo.root, 'evil'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho ${name} >> '${traces}'\n${then}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  for (const hook of HOOKS) {
    const path = evil(hook);
    mkdirSync(join(repo.path, '.git/hooks'), { recursive: true });
    writeFileSync(join(repo.path, '.git/hooks', hook), readFileSync(path), { mode: 0o755 });
  }
  const attributes = join(repo.root, 'attributes');
  writeFileSync(attributes, '* merge=evil\n');
  const settings = `
[core]
  hooksPath = ${join(repo.root, 'evil')}
  attributesFile = ${attributes}
  fsmonitor = ${evil('fsmonitor')}
  editor = ${evil('editor')}
  pager = ${evil('pager')}
  sshCommand = ${evil('ssh')}
[init]
  templateDir = ${join(repo.root, 'evil')}
  defaultBranch = evil
[merge]
  ff = false
  renames = false
  default = evil
[merge "evil"]
  driver = ${evil('merge-driver')} %A
[diff]
  renames = false
  external = ${evil('external-diff')}
[diff "evil"]
  command = ${evil('diff-driver')}
  textconv = ${evil('textconv')}
[commit]
  gpgSign = true
[tag]
  gpgSign = true
[push]
  gpgSign = true
[gpg]
  program = ${evil('gpg')}
[alias]
  merge-tree = !${evil('alias')}
${
  filters
    ? `[filter "evil"]\n  clean = ${evil('clean', 'cat')}\n  smudge = ${evil('smudge', 'cat')}\n  required = true`
    : ''
}`;
  writeFileSync(join(repo.root, '.gitconfig'), settings);
  writeFileSync(join(repo.path, '.git/config'), settings, { flag: 'a' });
}

const items = [{ name: 'edit' }, { name: 'rename' }];

describe('a user configuration', () => {
  it('runs nothing of what it names and changes no merge: drivers, filters, hooks, monitors, signing', async () => {
    const { repo, traces, env } = trapped();
    repo.git('checkout', '-q', '--detach');
    arm(repo, traces, true);
    const { code, outcome } = await mergePlan(repo, { items }, ['--execute'], { env });
    expect(existsSync(traces) ? readFileSync(traces, 'utf8') : 'no traces').toBe('no traces');
    expect(outcome).toEqual({ edit: 'merged', rename: 'merged' });
    expect(code).toBe(0);
    expect(`${repo.show('main', 'new')}\n`).toBe(content(LINES.with(3, 'edited')));
    // The traps are real: git itself runs into them.
    expect(() => repo.git('commit', '--allow-empty', '-m', 'x')).toThrow();
    expect(readFileSync(traces, 'utf8')).toMatch(/pre-commit|fsmonitor/);
  });

  it('runs no hook, driver, monitor or signing where the files of a checked out target follow', async () => {
    const { repo, traces, env } = trapped();
    arm(repo, traces, false);
    const { code } = await mergePlan(repo, { items }, ['--execute'], { env });
    expect(existsSync(traces) ? readFileSync(traces, 'utf8') : 'no traces').toBe('no traces');
    expect(code).toBe(0);
    expect(readFileSync(join(repo.path, 'new'), 'utf8')).toBe(content(LINES.with(3, 'edited')));
    expect(existsSync(join(repo.path, 'old'))).toBe(false);
  });

  it('runs nothing of what it names on the way to a remote repository and back', async () => {
    const { repo, traces, env } = trapped();
    repo.git('clone', '-q', '--bare', repo.path, `${repo.root}/remote.git`);
    arm(repo, traces, true);
    const plan = { repository: `file://${repo.root}/remote.git`, items };
    const { code } = await mergePlan(repo, plan, ['--execute'], { env });
    expect(existsSync(traces) ? readFileSync(traces, 'utf8') : 'no traces').toBe('no traces');
    expect(code).toBe(0);
  });
});
