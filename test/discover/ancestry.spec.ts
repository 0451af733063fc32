import { testRepositories } from '../support/repository';
import { discoverDeps } from './discovered';

const create = testRepositories();

describe('a branch depends by ancestry', () => {
  it('on the branch it is built on, and not on those that one is built on', async () => {
    const repo = create();
    repo.branch('c', { c: '1\n' });
    repo.branch('b', { b: '1\n' }, 'c');
    repo.branch('a', { a: '1\n' }, 'b');
    expect(await discoverDeps(repo)).toEqual({ a: ['b'], b: ['c'], c: [] });
  });

  it('on all that it has merged: a diamond', async () => {
    const repo = create();
    repo.branch('root', { root: '1\n' });
    repo.branch('left', { left: '1\n' }, 'root');
    repo.branch('right', { right: '1\n' }, 'root');
    repo.git('checkout', '-q', '-b', 'top', 'left');
    repo.git('merge', '-q', '--no-ff', '-m', 'both', 'right');
    expect(await discoverDeps(repo)).toEqual({
      left: ['root'],
      right: ['root'],
      root: [],
      top: ['left', 'right'],
    });
  });

  it('on none whose head it lacks, though it has commits of it', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    repo.branch('b', { b: '1\n' }, 'a');
    repo.git('checkout', '-q', 'a');
    repo.commit({ a: '2\n' });
    expect(await discoverDeps(repo)).toEqual({ a: [], b: [] });
  });

  it('on none that the target has, or that is not selected', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    repo.branch('b', { b: '1\n' }, 'a');
    repo.branch('c', { c: '1\n' }, 'b');
    repo.git('merge', '-q', 'a');
    expect(await discoverDeps(repo)).toEqual({ b: [], c: ['b'] });
    expect(await discoverDeps(repo, { branches: ['c'] })).toEqual({ c: [] });
  });
});
