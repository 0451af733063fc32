import { existsSync, writeFileSync } from 'node:fs';
import { discover } from '../../lib/discover/discover';
import { testRepositories } from '../support/repository';
import { discoverDeps, notesOf } from './discovered';

const create = testRepositories();
const infer = 'overlap';

describe('--infer overlap', () => {
  it('lets branches that change a same file wait for one another, the one with the older head first', async () => {
    const repo = create();
    repo.branch('z', { shared: 'z\n', z: '1\n' });
    repo.branch('m', { shared: 'm\n' });
    repo.branch('a', { shared: 'a\n' });
    repo.branch('alone', { alone: '1\n' });
    expect(await discoverDeps(repo)).toEqual({ a: [], alone: [], m: [], z: [] });
    expect(existsSync(`${repo.path}/.lex-pr`)).toBe(false);
    expect(await discoverDeps(repo, { infer })).toEqual({ a: ['m'], alone: [], m: ['z'], z: [] });
  });

  it('takes the name where the dates are equal', async () => {
    const repo = create();
    for (const name of ['b', 'a']) repo.branch(name, { shared: `${name}\n` });
    // Committed anew, both now.
    for (const name of ['b', 'a'])
      repo.git('branch', '-f', name, repo.git('commit-tree', '-p', 'main', '-m', name, `${name}^{tree}`));
    expect(await discoverDeps(repo, { infer })).toEqual({ a: [], b: ['a'] });
  });

  it('sees deletions and both names of a renamed file', async () => {
    const repo = create();
    repo.commit({ old: 'text\n', gone: 'text\n' });
    repo.branch('a-rename', { old: null, new: 'text\n' });
    repo.branch('b-edit', { old: 'more\n' });
    repo.branch('c-edit', { new: 'other\n' });
    repo.branch('d-delete', { gone: null });
    repo.branch('e-edit', { gone: 'more\n' });
    expect(await discoverDeps(repo, { infer })).toEqual({
      'a-rename': [],
      'b-edit': ['a-rename'],
      'c-edit': ['a-rename'],
      'd-delete': [],
      'e-edit': ['d-delete'],
    });
  });

  it('follows ancestry and trailers where they say otherwise', async () => {
    const repo = create();
    repo.branch('first', { shared: '1\n' }, 'main', 'first\n\nDepends-on: last');
    repo.branch('middle', { shared: '2\n' });
    repo.branch('last', { shared: '3\n' });
    expect(await discoverDeps(repo, { infer })).toEqual({ first: ['last'], last: ['middle'], middle: [] });
  });

  it('does not count what a branch only took over from one it is built on', async () => {
    const repo = create();
    repo.branch('base', { shared: 'base\n' });
    repo.branch('other', { shared: 'other\n' });
    repo.branch('stacked', { own: '1\n' }, 'base');
    repo.branch('editing', { shared: 'edited\n' }, 'base');
    expect(await discoverDeps(repo, { infer })).toEqual({
      base: [],
      editing: ['other'],
      other: ['base'],
      stacked: ['base'],
    });
  });

  it('compares with where the branch left the target, or merged it last', async () => {
    const repo = create();
    repo.branch('behind', { behind: '1\n' });
    repo.branch('merging', { merging: '1\n' });
    repo.commit({ shared: 'of the target\n' });
    repo.git('checkout', '-q', 'merging');
    repo.git('merge', '-q', '-m', 'catch up', 'main');
    repo.git('checkout', '-q', 'main');
    repo.commit({ later: '1\n' });
    repo.branch('editing', { shared: 'edited\n' });
    expect(await discoverDeps(repo, { infer })).toEqual({ behind: [], editing: [], merging: [] });
  });

  it('analyses the files of a branch once for its head, and again when it has moved', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    repo.branch('b', { b: '1\n' });
    const note = async () => notesOf(await discover(repo.path, { infer }), 'files');
    expect(await note()).toEqual(['files of 2 branches compared, 0 of them known from before']);
    expect(await note()).toEqual(['files of 2 branches compared, 2 of them known from before']);
    repo.git('checkout', '-q', 'b');
    repo.commit({ a: '2\n' });
    repo.git('checkout', '-q', 'main');
    repo.commit({ target: 'moved\n' });
    expect(await note()).toEqual(['files of 2 branches compared, 1 of them known from before']);
    expect(await discoverDeps(repo, { infer })).toEqual({ a: [], b: ['a'] });
  });

  it('tells odd paths apart', async () => {
    const repo = create();
    repo.branch('a', { 'one\ntwo': '1\n', __proto__: '1\n' });
    repo.branch('b', { one: '1\n', two: '1\n', ' ': '1\n' });
    repo.branch('c', { 'one\ntwo': '2\n' });
    repo.branch('d', { __proto__x: '1\n', 'ä "\\': '1\n' });
    repo.branch('e', { 'ä "\\': '2\n' });
    expect(await discoverDeps(repo, { infer })).toEqual({ a: [], b: [], c: ['a'], d: [], e: ['d'] });
  });

  it('tells paths apart that are no UTF-8', async () => {
    const repo = create();
    repo.branches([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    for (const [branch, byte] of [
      ['a', 0xfe],
      ['b', 0xff],
      ['c', 0xff],
    ] as const) {
      repo.git('checkout', '-q', branch);
      writeFileSync(Buffer.concat([Buffer.from(`${repo.path}/x`), Buffer.of(byte)]), branch);
      repo.commit({});
    }
    expect(await discoverDeps(repo, { infer })).toEqual({ a: [], b: [], c: ['b'] });
  });
});
