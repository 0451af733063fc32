import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { landingTrailers, subjectOf, withTrailers } from '../../lib/merge/message';
import { testStores } from '../support/stores';

const OURS = landingTrailers('my item', 'run-1');
const BLOCK = 'Lex-PR-Item: my item\nLex-PR-Run: run-1\n';

describe('trailers of a landed commit', () => {
  it.each([
    ['a subject', 'Subject', `Subject\n\n${BLOCK}`],
    ['a subject and its newline', 'Subject\n', `Subject\n\n${BLOCK}`],
    ['a subject that looks like a trailer', 'Fix: it\n', `Fix: it\n\n${BLOCK}`],
    ['a body', 'Subject\n\nBody.\n\n\n', `Subject\n\nBody.\n\n${BLOCK}`],
    ['trailers', 'S\n\nReviewed-by: A\nFixes : 1\n', `S\n\nReviewed-by: A\nFixes : 1\n${BLOCK}`],
    ['trailers over several lines', 'S\n\nNote: a\n  b\n\tc', `S\n\nNote: a\n  b\n\tc\n${BLOCK}`],
    ['almost trailers', 'S\n\nNote: a\nnot one\n', `S\n\nNote: a\nnot one\n\n${BLOCK}`],
    ['a token with a space', 'S\n\nSee also: a\n', `S\n\nSee also: a\n\n${BLOCK}`],
    ['an indented line first', 'S\n\n  Note: a\nNote: b\n', `S\n\n  Note: a\nNote: b\n\n${BLOCK}`],
    ['a URL', 'S\n\nhttps://example.com\n', `S\n\nhttps://example.com\n${BLOCK}`],
    [
      'a sign-off among other lines',
      'S\n\n[fixed typo]\nSigned-off-by: A\n',
      `S\n\n[fixed typo]\nSigned-off-by: A\n${BLOCK}`,
    ],
    [
      'a sign-off among too many other lines',
      'S\n\na\nb\nc\nd\nSigned-off-by: A\n',
      `S\n\na\nb\nc\nd\nSigned-off-by: A\n\n${BLOCK}`,
    ],
    ['nothing', '', `the item\n\n${BLOCK}`],
    ['blank lines only', '\n \n', `the item\n\n${BLOCK}`],
    ['blank lines first', '\n\nSubject\n', `\n\nSubject\n\n${BLOCK}`],
    ['carriage returns', 'S\r\n\r\nNote: a\r\n', `S\r\n\r\nNote: a\n${BLOCK}`],
  ])('follow a message of %s', (_, message, expected) => {
    expect(withTrailers(message, OURS, 'the item')).toBe(expected);
  });

  it('stay valid whatever the names hold', () => {
    const trailers = landingTrailers('a\nb\r\n\0c: "d" é', 'r');
    expect(withTrailers('S', trailers, 'S')).toBe('S\n\nLex-PR-Item: a b c: "d" é\nLex-PR-Run: r\n');
  });

  it('take the subject from a name on one line', () => {
    expect(withTrailers('', [], 'a\nb')).toBe('a b\n\n');
  });
});

describe('trailers, as git reads them,', () => {
  const stores = testStores();

  it('are ours, after those that git found before, in any message', async () => {
    const { repo, commits } = await stores.create();
    const line = fc.constantFrom(
      'Text.',
      'Note: a',
      '  more',
      '# comment',
      '',
      ' ',
      'Signed-off-by: A <a@b>',
      '(cherry picked from commit 1234)',
      'See also: b',
      'x : y',
      ': z',
    );
    const messages = fc.sample(
      fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
      { numRuns: 100, seed: 1 },
    );
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    const who = { name: 'A', email: 'a@b', seconds: 1, offset: '+0000' };
    const write = (message: string) =>
      commits.write({ tree, parents: [], author: who, committer: who, message });
    const before = await Promise.all(messages.map((message) => write(message)));
    const after = await Promise.all(messages.map((message) => write(withTrailers(message, OURS, 'subject'))));
    const found = trailersOf(repo.path, [...before, ...after]);
    messages.forEach((message, i) => {
      const expected = `${found.get(before[i]!)}${BLOCK}`;
      expect({ message, trailers: found.get(after[i]!) }).toEqual({ message, trailers: expected });
    });
  });
});

function trailersOf(cwd: string, ids: readonly string[]): Map<string, string> {
  const args = ['log', '--no-walk', '--stdin', '-z', '--format=%H%(trailers:only)'];
  const output = execFileSync('git', args, { cwd, input: `${ids.join('\n')}\n`, encoding: 'utf8' });
  return new Map(output.split('\0').map((text) => [text.slice(0, 40), text.slice(40)]));
}

describe('the subject of a message', () => {
  it.each([
    ['Subject\n', 'Subject'],
    ['\n\n  Subject\non two lines \n\nBody\n', 'Subject on two lines'],
    ['S\r\n\r\nBody', 'S'],
    ['', ''],
  ])('of %j is %j', (message, expected) => {
    expect(subjectOf(message)).toBe(expected);
  });
});
