import type { Piece, Splitter } from './splitter';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const HASH = 0x23;
const DASH = 0x2d;

/** The line of the key alone: its value is a block. */
const ITEMS = /^(?:items|"items"|'items')[ \t]*:[ \t]*(?:[ \t]#.*)?\r?$/;
/** No line that is the key is longer, unless its comment is. */
const LONGEST_LINE = 4_096;

/**
 * Splits a YAML document: the block list under the key `items` of its block mapping into pieces of whole elements, and
 * the frame, which has the line of the key. A block ends where a line is indented less, so that it is enough to look at
 * how lines begin; blank lines and comments may stand anywhere. Whoever reads the pieces has to make sure that
 * the line is the key: it could be part of a longer text.
 */
export class YamlSplitter implements Splitter {
  isLost = false;
  keyAt: number | undefined;
  /** Offset of the next byte. */
  private offset = 0;
  private state: 'before' | 'first' | 'items' | 'after' = 'before';
  private pieceStart = 0;
  /** Columns before the dashes of the list. */
  private indent = 0;
  /** What has come of a line. */
  private line = Buffer.alloc(0);

  /** @param pieceBytes a piece ends before the first element after so many */
  constructor(private readonly pieceBytes: number) {}

  push(bytes: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    const text = this.line.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.line, bytes]);
    const from = this.offset - this.line.length;
    let start = 0;
    for (let end = text.indexOf(LINE_FEED); end >= 0; end = text.indexOf(LINE_FEED, start)) {
      this.take(text, start, end, from + start, pieces);
      start = end + 1;
    }
    this.line = text.subarray(start);
    this.offset += bytes.length;
    return pieces;
  }

  finish(): Piece[] {
    const pieces: Piece[] = [];
    // The last line may have no line feed.
    this.take(this.line, 0, this.line.length, this.offset - this.line.length, pieces);
    if (this.state === 'items') this.end('items', this.offset, pieces);
    return pieces;
  }

  /** @param offset of the line in the document */
  private take(text: Buffer, start: number, end: number, offset: number, pieces: Piece[]): void {
    if (this.state === 'after' || this.isLost) return;
    if (this.state === 'before') {
      if (end - start > LONGEST_LINE || !ITEMS.test(text.toString('latin1', start, end))) return;
      this.state = 'first';
      this.keyAt = offset;
      return;
    }
    let at = start;
    while (at < end && text[at] === SPACE) at++;
    const sign = at < end ? text[at]! : LINE_FEED;
    if (sign === LINE_FEED || sign === RETURN || sign === HASH) return;
    const indent = at - start;
    const isElement = sign === DASH && isBreak(at + 1 < end ? text[at + 1]! : LINE_FEED);
    if (this.state === 'first') {
      // Anything but a list in block style is for the parser alone.
      this.state = isElement ? 'items' : 'after';
      this.indent = indent;
      if (isElement) this.end('frame', offset, pieces);
      return;
    }
    if (indent > this.indent) return;
    if (indent === this.indent && isElement) {
      if (offset - this.pieceStart >= this.pieceBytes) this.end('items', offset, pieces);
      return;
    }
    this.isLost = indent > 0 || sign === TAB;
    this.state = 'after';
    this.end('items', offset, pieces);
  }

  private end(kind: Piece['kind'], end: number, pieces: Piece[]): void {
    pieces.push({ kind, end });
    this.pieceStart = end;
  }
}

const isBreak = (byte: number) => byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB;
