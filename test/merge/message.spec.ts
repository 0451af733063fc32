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
    ['trailers of ours', 'S\n\nLex-PR-Override: e2e by ann: fine\n', `S\n\n${BLOCK}`],
    [
      'trailers of ours among others',
      'S\n\nA: 1\nlex-pr-run : x\n  y\nSigned-off-by: A\nLex-PR-Item: b\n',
      `S\n\nA: 1\nSigned-off-by: A\n${BLOCK}`,
    ],
    [
      'paragraphs of ours',
      'S\n\nLex-PR-Override: e2e by ann: fine\n\nLex-PR-Item: a\n\nLex-PR-Run: 1\n',
      `S\n\n${BLOCK}`,
    ],
    [
      'a word about ours',
      'S\n\nLex-PR-Item: is a trailer\nof ours.\n',
      `S\n\nLex-PR-Item: is a trailer\nof ours.\n\n${BLOCK}`,
    ],
    [
      'a part that scissors cut off',
      'S\n\nLex-PR-Override: e2e by ann: fine\n# ------------------------ >8 ------------------------\nText.\n',
      `S\n\n${BLOCK}`,
    ],
    ['a part that git does not show', 'S\n\nLex-PR-Item: b\n\0\n', `S\n\n${BLOCK}`],
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
  const who = { name: 'A', email: 'a@b', seconds: 1, offset: '+0000' };

  it('are of ours only what we say, whatever a message claims', async () => {
    const { repo, commits } = await stores.create();
    const line = fc.constantFrom(
      ...['Text.', 'Note: a', '  more', '# comment', '', '', 'Signed-off-by: A <a@b>', 'Conflicts:', '\tx'],
      ...['Lex-PR-Item: b', 'lex-pr-run : 1', 'Lex-PR-Override: e2e by ann: fine', 'Lex-PR-Override:', '\0'],
      '# ------------------------ >8 ------------------------',
    );
    const messages = fc.sample(
      fc.array(line, { maxLength: 9 }).map((lines) => lines.join('\n')),
      { numRuns: 200 },
    );
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    const ids = await Promise.all(
      messages.map((message) =>
        commits.write({
          ...{ tree, parents: [], author: who, committer: who },
          message: withTrailers(message, OURS, 'subject'),
        }),
      ),
    );
    const found = trailersOf(repo.path, ids);
    messages.forEach((message, at) => {
      const trailers = found
        .get(ids[at]!)!
        .match(/^lex-pr.*\n/gim)
        ?.join('');
      expect({ message, trailers }).toEqual({ message, trailers: BLOCK });
    });
  });

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
