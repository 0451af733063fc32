/** A commit object as text. What git writes beside these (signatures, merged tags) is not kept. */
export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Since the epoch. */
  readonly seconds: number;
  /** Time zone as git writes it: `+0000`. */
  readonly offset: string;
}

/**
 * Reads the body of a commit object, whatever encoding it declares. Fields that are missing or that git would
 * refuse in a new commit (dates beyond its range, malformed time zones) become empty, 0 and `+0000`.
 */
export function parseCommit(body: Buffer): Commit {
  // One character a byte until the encoding is known.
  const bytes = body.toString('latin1');
  const end = bytes.indexOf('\n\n');
  const headers = (end < 0 ? bytes : bytes.slice(0, end)).split('\n');
  // Further lines of a long header start with a space, so that none looks like a header of its own.
  const values = (key: string) =>
    headers.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const decode = decoder(values('encoding')[0]);
  return {
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parseSignature(decode(values('author')[0] ?? '')),
    committer: parseSignature(decode(values('committer')[0] ?? '')),
    message: end < 0 ? '' : decode(bytes.slice(end + 2)),
  };
}

/** The body of a commit object, in UTF-8. Characters that would break the format are left out of names. */
export function formatCommit(commit: Commit): Buffer {
  const headers = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${formatSignature(commit.author)}`,
    `committer ${formatSignature(commit.committer)}`,
  ];
  return Buffer.from(`${headers.join('\n')}\n\n${commit.message}`);
}

/** From one character a byte to text. Encodings that are unknown here are read as UTF-8. */
function decoder(encoding: string | undefined): (bytes: string) => string {
  if (encoding === undefined || /^utf-?8$/i.test(encoding)) return decodeUtf8;
  try {
    const text = new TextDecoder(encoding, { ignoreBOM: true });
    // A commit's own headers are ASCII, so this label cannot be true.
    if (text.encoding.startsWith('utf-16')) return decodeUtf8;
    return (bytes) => text.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return decodeUtf8;
  }
}

/** As git's verify_utf8 (commit.c): bytes that are not UTF-8 are taken for Latin-1, one by one. */
function decodeUtf8(bytes: string): string {
  return bytes.replace(
    /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g,
    (found) => {
      const sequence = Buffer.from(found, 'latin1');
      const text = sequence.toString();
      return Buffer.from(text).equals(sequence) ? text : found;
    },
  );
}

/** As git's split_ident_line (ident.c): the address ends at the first `>`, the date follows the last. */
function parseSignature(line: string): Signature {
  const [, name = '', email = ''] = /^([^<]*)<([^>]*)>/.exec(line) ?? [];
  const [, date = '', offset = '+0000'] = /> *(\d+)(?: +([+-]\d{4})$)?[^>]*$/.exec(line) ?? [];
  const seconds = Number(date);
  return {
    name: name.trim(),
    email: email.trim(),
    seconds: Number.isSafeInteger(seconds) ? seconds : 0,
    offset,
  };
}

function formatSignature({ name, email, seconds, offset }: Signature): string {
  const clean = (text: string) => text.replace(/[<>\n\0]/g, '').trim();
  return `${clean(name)} <${clean(email)}> ${seconds} ${offset}`;
}
