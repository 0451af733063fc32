import { mergePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

const DEEP = 'x'.repeat(200);

/** What gates do to the work tree that the next gate gets. */
const WRECKS: Readonly<Record<string, string>> = {
  'removes its work tree': 'rm -rf "$PWD"',
  'removes the folder of its lane': 'rm -rf "$PWD/.."',
  'puts a file in the place of its work tree': 'cd ..; rm -rf tree; echo x > tree',
  'puts a link in the place of its work tree': 'cd ..; rm -rf tree; ln -s / tree',
  'puts a link in the place of its repository': 'rm -rf .git; ln -s / .git',
  'takes all permissions away': 'mkdir -p locked/in; chmod 000 locked/in locked README; chmod 500 .',
  'leaves folders deeper than a path can be': `i=0; while [ $i -lt 30 ]; do mkdir ${DEEP}; cd ${DEEP}; i=$((i+1)); done`,
  'commits, and sets up repositories of its own':
    'git init -q sub; echo x > README; git add README; git -c user.name=x -c user.email=x commit -qm x; git config core.bare true',
};

describe('the next gate finds a clean work tree after one that', () => {
  it.each(Object.keys(WRECKS))('%s', async (what) => {
    const repo = create();
    repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }, { name: 'c', from: 'b' }]);
    const clean = 'test "$(cat README)" = base && test -z "$(git status --porcelain --ignored)" && test -e a';
    const { outcome } = await mergePlan(repo, {
      gates: [{ name: 'wreck', run: `${clean} || exit 1\n${WRECKS[what]}\ntrue` }],
      policy: { maxWorkers: 1 },
      items: [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c', deps: ['b'] }],
    });
    expect(outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged' });
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'a', 'b', 'c']);
    expect(repo.show('main', 'README')).toBe('base');
  });
});
