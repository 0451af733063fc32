import { mergePlan } from '../support/cli';
import { TestRepository } from '../support/repository';

describe('lex-pr merge', () => {
  let repo: TestRepository;
  beforeEach(() => {
    repo = TestRepository.create();
  });
  afterEach(() => repo.remove());

  it('lands a diamond in merge order, with the files of all', async () => {
    repo.branch('a', { a: '1\n' });
    repo.branch('b', { b: '1\n' }, 'a');
    repo.branch('c', { c: '1\n' }, 'a');
    repo.branch('d', { d: '1\n' }, 'b');
    const plan = {
      items: [
        { name: 'd', deps: ['b', 'c'] },
        { name: 'c', deps: ['a'] },
        { name: 'b', deps: ['a'] },
        { name: 'a' },
      ],
    };
    const { code, outcome, report } = await mergePlan(repo, plan);
    expect(outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged', d: 'merged' });
    expect(code).toBe(0);
    expect(report.target.after).toBe(repo.git('rev-parse', 'main'));
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'a', 'b', 'c', 'd']);
    expect(repo.git('status', '--porcelain')).toBe('');
  });
});
