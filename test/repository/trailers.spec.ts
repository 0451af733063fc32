import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { endsWithTrailers, readTrailers, trailerValues } from '../../lib/repository/trailers';
import { testStores } from '../support/stores';

describe('the trailers of a message', () => {
  it.each([
    ['a: 1\n', []],
    ['S\n\na: 1\nb-c : 2\n', ['a=1', 'b-c=2']],
    ['S\n\na: 1\n  2\n\t3\r\n', ['a=1 2 3']],
    ['S\n\na: 1\n\nText.\n', []],
    ['S\n\na: 1\n# comment\n\n# another\n', ['a=1']],
    ['S\n\na: 1\n\nConflicts:\n\tb: 2\n', ['a=1']],
    ['S\n\na: 1\n# ------------------------ >8 ------------------------\nb\n', ['a=1']],
    ['S\n\nfixed\nb\nSigned-off-by: A\n', ['Signed-off-by=A']],
  ])('%j are %j', (message, expected) => {
    expect(readTrailers(message).map((pair) => pair.join('='))).toEqual(expected);
  });

  it('are found by their token in any case, where they say something', () => {
    expect(
      trailerValues('S\n\nDepends-on: a\nDEPENDS-ON:\n b\ndepends-on:\nDepends: c\n', 'depends-On'),
    ).toEqual(['a', 'b']);
  });

  it('take another line only where git would read it as one of them', () => {
    expect(endsWithTrailers('S\n\na: 1')).toBe(true);
    expect(endsWithTrailers('S\n\na: 1\nb')).toBe(false);
    expect(endsWithTrailers('a: 1')).toBe(false);
  });
});

describe('the trailers of any message', () => {
  const stores = testStores();

  it('are those that git finds', async () => {
    const { repo, commits } = await stores.create();
    const line = fc.constantFrom(
      ...['Text.', 'Note: a', 'Note:', 'other-Note : b', ': z', 'See also: b', 'x\t:y', 'é: 1'],
      ...['  more', '\tmore: 1 ', ' ', '', '\r', 'Note: c\r', '# comment', '#', 'Conflicts:', '---'],
      ...['Signed-off-by: A <a@b>', '(cherry picked from commit 1234)', 'Signed-off-by:no space'],
      '# ------------------------ >8 ------------------------',
    );
    const messages = fc.sample(
      fc.array(line, { maxLength: 9 }).map((lines) => `S\n${lines.join('\n')}\n`),
      { numRuns: 400 },
    );
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    const who = { name: 'A', email: 'a@b', seconds: 1, offset: '+0000' };
    const ids = await Promise.all(
      messages.map((message) => commits.write({ tree, parents: [], author: who, committer: who, message })),
    );
    const found = trailersOf(repo.path, ids);
    messages.forEach((message, at) => {
      const ours = readTrailers(message).map(([token, value]) => `${token}: ${value}\n`);
      expect({ message, trailers: ours.join('') }).toEqual({ message, trailers: found.get(ids[at]!) });
    });
  });
});

function trailersOf(cwd: string, ids: readonly string[]): Map<string, string> {
  const args = ['log', '--no-walk', '--stdin', '-z', '--format=%H%(trailers:only,unfold)'];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const output = execFileSync('git', args, { cwd, env, input: `${ids.join('\n')}\n`, encoding: 'utf8' });
  return new Map(output.split('\0').map((text) => [text.slice(0, 40), text.slice(40)]));
}
