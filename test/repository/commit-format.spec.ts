import fc from 'fast-check';
import { type Commit, formatCommit, parseCommit } from '../../lib/repository/commit-format';

const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const WHO = { name: 'A U Thor', email: 'author@example.com', seconds: 1700000000, offset: '+0100' };

function body(lines: { author?: string; extra?: string; message?: string | Buffer }): Buffer {
  const author = lines.author ?? 'author A U Thor <author@example.com> 1700000000 +0100';
  const committer = 'committer A U Thor <author@example.com> 1700000000 +0100';
  return Buffer.concat([
    Buffer.from(`tree ${TREE}\n${author}\n${committer}\n${lines.extra ?? ''}\n`, 'latin1'),
    Buffer.from(lines.message ?? 'subject\n'),
  ]);
}

const authorOf = (line: string) => parseCommit(body({ author: line })).author;

describe('a commit object', () => {
  it('is the same after reading and writing, whatever text it holds', () => {
    const text = fc.string({ unit: 'binary' }).filter((s) => s.isWellFormed());
    const word = fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[<>\n\0]/g, '').trim());
    const signature = fc.record({
      name: word,
      email: word,
      seconds: fc.nat(),
      offset: fc.constantFrom('+0000', '-0730', '+1400'),
    });
    const id = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 });
    const commit = fc.record({
      tree: id,
      parents: fc.array(id, { maxLength: 3 }),
      author: signature,
      committer: signature,
      message: text,
    });
    fc.assert(
      fc.property(commit, (given) => {
        expect(parseCommit(formatCommit(given))).toEqual(given);
      }),
    );
  });

  it('is read in the encoding that it declares', () => {
    const latin = body({
      author: 'author J\xfcrgen <j@example.com> 1 +0000',
      extra: 'encoding ISO-8859-1\n',
      message: Buffer.from('Gr\xfc\xdfe\n', 'latin1'),
    });
    expect(parseCommit(latin)).toMatchObject({ author: { name: 'Jürgen' }, message: 'Grüße\n' });
    const japanese = body({ extra: 'encoding Shift_JIS\n', message: Buffer.from([0x93, 0xfa, 0x96, 0x7b]) });
    expect(parseCommit(japanese).message).toBe('日本');
  });

  it('that declares no or an unknown encoding is UTF-8, and what is not UTF-8 in it is Latin-1', () => {
    const mixed = Buffer.concat([Buffer.from('日本 '), Buffer.from([0xfc, 0xe0, 0x80, 0x80])]);
    for (const extra of ['', 'encoding no-such-thing\n', 'encoding UTF-16\n', 'encoding utf8\n']) {
      expect(parseCommit(body({ extra, message: mixed })).message).toBe('日本 üà\x80\x80');
    }
  });

  it('loses signatures and merged tags, and keeps a message that looks like headers', () => {
    const extra = [
      'gpgsig -----BEGIN PGP SIGNATURE-----',
      ' ',
      ' author Somebody Else <e@example.com> 1 +0000',
      ' -----END PGP SIGNATURE-----',
      'mergetag object 1234',
      ' type commit',
      '',
    ].join('\n');
    const parsed = parseCommit(body({ extra, message: 'tree of life\n\nparent none\n' }));
    const expected: Commit = {
      tree: TREE,
      parents: [],
      author: WHO,
      committer: WHO,
      message: 'tree of life\n\nparent none\n',
    };
    expect(parsed).toEqual(expected);
    expect(formatCommit(parsed).toString()).not.toContain('PGP');
  });

  it('without a message has an empty one', () => {
    const bare = Buffer.from(`tree ${TREE}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n`);
    expect(parseCommit(bare)).toMatchObject({ tree: TREE, message: '', author: { name: 'A' } });
  });

  it.each([
    ['author  <a@b> 5 +0000', { name: '', email: 'a@b', seconds: 5, offset: '+0000' }],
    ['author <a@b> 5 +0000', { name: '', email: 'a@b', seconds: 5, offset: '+0000' }],
    ['author A <> 5 -0330', { name: 'A', email: '', seconds: 5, offset: '-0330' }],
    ['author A <a@b> 5 +051800', { name: 'A', email: 'a@b', seconds: 5, offset: '+0000' }],
    ['author A <a@b> 5 -7', { name: 'A', email: 'a@b', seconds: 5, offset: '+0000' }],
    ['author A <a@b> 5', { name: 'A', email: 'a@b', seconds: 5, offset: '+0000' }],
    ['author A <a@b>', { name: 'A', email: 'a@b', seconds: 0, offset: '+0000' }],
    ['author A <a@b>> 5 +0100', { name: 'A', email: 'a@b', seconds: 5, offset: '+0100' }],
    ['author A <a@b> 99999999999999999999 +0000', { name: 'A', email: 'a@b', seconds: 0, offset: '+0000' }],
    ['author nobody at all', { name: '', email: '', seconds: 0, offset: '+0000' }],
    ['x-author A <a@b> 5 +0000', { name: '', email: '', seconds: 0, offset: '+0000' }],
  ])('is read although its author line is %j', (line, expected) => {
    expect(authorOf(line)).toEqual(expected);
  });

  it('is written without the characters that would end a name or an address', () => {
    const odd = { ...WHO, name: ' <Bobby\n>tree\0 ', email: 'b<o>b\n@x' };
    const written = formatCommit({ tree: TREE, parents: [], author: odd, committer: WHO, message: '' });
    expect(written.toString()).toContain('author Bobbytree <bob@x> 1700000000 +0100\n');
  });
});
