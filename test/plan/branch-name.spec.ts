import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { isBranchName } from '../../lib/plan/branch-name';

const gitAccepts = (name: string) =>
  spawnSync('git', ['check-ref-format', `refs/heads/${name}`], { env: process.env }).status === 0;

const KNOWN = [
  'a',
  '-a',
  '--',
  '@',
  '@{',
  'a@{b',
  'a/b',
  '/a',
  'a/',
  'a//b',
  '.a',
  'a/.b',
  'a.',
  'a..b',
  'a.lock',
  'a.lock/b',
];
const MORE = [
  'a.locks',
  '.',
  '..',
  'a b',
  'a~',
  'a^1',
  'a:b',
  'a?',
  'a*',
  'a[',
  'a]',
  'a\\b',
  'a\tb',
  'a\u2028b',
  'a\u2028..b',
  'a\u2029b.lock',
  'a\u007fb',
  'ä',
  '💥',
];

describe('isBranchName', () => {
  it.each([...KNOWN, ...MORE])('agrees with git on %j', (name) => {
    expect(isBranchName(name)).toBe(gitAccepts(name));
  });
  it('agrees with git on anything made of the signs that matter', () => {
    const part = fc.constantFrom(
      'a',
      '.',
      '..',
      '/',
      '.lock',
      '@',
      '{',
      '-',
      ' ',
      '~',
      '*',
      'é',
      '\u0001',
      '\\',
    );
    const names = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(names, (name) => isBranchName(name) === gitAccepts(name)),
      { numRuns: 150 },
    );
  });
  it('refuses the empty name', () => expect(isBranchName('')).toBe(false));
});
