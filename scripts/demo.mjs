// The main job on real branches: makes a repository of twenty branches in a temporary folder, merges it with
// `lex-pr merge --execute`, and checks that what landed is what should have.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'lex-pr-demo-'));
const repository = join(folder, 'shop');
const artifacts = join(folder, 'artifacts');
const cli = fileURLToPath(new URL('../dist/lex-pr.mjs', import.meta.url));

/** Branch → what it depends on. A few stacks, a diamond, and many that stand alone. */
const BRANCHES = {
  'auth-model': [],
  'auth-api': ['auth-model'],
  'auth-ui': ['auth-api'],
  'auth-docs': ['auth-ui'],
  'db-schema': [],
  'db-read': ['db-schema'],
  'db-write': ['db-schema'],
  'db-report': ['db-read', 'db-write'],
  refunds: [],
  'refunds-ui': ['refunds'],
  'theme-dark': [],
  'theme-light': [],
  cart: [],
  search: [],
  mail: [],
  export: [],
  import: [],
  audit: [],
  help: [],
  i18n: [],
};

const git = (...args) =>
  execFileSync('git', args, {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
const write = (name, text) => {
  mkdirSync(dirname(join(repository, name)), { recursive: true });
  writeFileSync(join(repository, name), text);
};
const commit = (message) => {
  git('add', '-A');
  git('-c', 'user.name=Demo', '-c', 'user.email=demo@example.com', 'commit', '-q', '-m', message);
};

mkdirSync(repository);
git('init', '-q', '-b', 'main');
write('theme.txt', 'grey\n');
// Every feature file must end with "ok"; the half second stands in for a suite that has more to do.
write(
  'test.sh',
  'sleep 0.5\nfor file in features/*; do\n  [ "$(tail -n 1 "$file")" = ok ] || { echo "$file: its last line is not ok"; exit 1; }\ndone\necho "$(ls features | wc -l) features ok"\n',
);
write('features/base', 'ok\n');
commit('The shop');
for (const [branch, deps] of Object.entries(BRANCHES)) {
  git('checkout', '-q', '-b', branch, deps[0] ?? 'main');
  write(`features/${branch}`, branch === 'refunds' ? 'oops\n' : 'ok\n');
  if (branch.startsWith('theme-')) write('theme.txt', `${branch.slice(6)}\n`);
  commit(`Add ${branch}`);
}
git('checkout', '-q', 'main');

const plan = {
  schemaVersion: 'v1',
  target: 'main',
  policy: { maxWorkers: 4 },
  gates: [
    { name: 'test', run: 'sh test.sh' },
    { name: 'lint', run: 'sleep 0.1; ! grep -rn "[[:space:]]$" features theme.txt' },
  ],
  items: Object.entries(BRANCHES).map(([name, deps]) => ({ name, deps })),
};
const planFile = join(folder, 'plan.json');
writeFileSync(planFile, `${JSON.stringify({ ...plan, repository: 'shop' }, null, 2)}\n`);

process.stdout.write(
  `Twenty branches in ${repository}\n$ lex-pr merge ${planFile} --execute --artifact-dir ${artifacts}\n\n`,
);
const run = spawnSync(process.execPath, [cli, 'merge', planFile, '--execute', '--artifact-dir', artifacts], {
  cwd: repository,
  stdio: 'inherit',
});

const report = JSON.parse(readFileSync(join(artifacts, 'report.json'), 'utf8'));
const status = Object.fromEntries(report.items.map((item) => [item.name, item.status]));
const expected = Object.fromEntries(Object.keys(BRANCHES).map((name) => [name, 'merged']));
Object.assign(expected, { refunds: 'failed', 'refunds-ui': 'blocked', 'theme-light': 'failed' });
const wrong = Object.keys(expected).filter((name) => status[name] !== expected[name]);
const landed = git('ls-tree', '--name-only', 'main', 'features/').trim().split('\n').length;
if (run.status !== 1 || wrong.length > 0 || landed !== 18) {
  process.stderr.write(
    `\nThis is not what the demonstration should come to: exit code ${run.status}, ${landed} features, ${wrong}\n`,
  );
  process.exit(1);
}
process.stdout.write(
  `\nThat is as it should be: the branch with a failing test, the one behind it and the one that\nconflicts stayed out, the other seventeen are in main.\n  repository  ${repository}   (git log --graph --oneline main)\n  report      ${join(artifacts, 'report.md')}\n  logs        ${join(artifacts, 'logs')}\n  plan        ${planFile}\n`,
);
