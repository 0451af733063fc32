import type { Piece, Splitter } from './splitter';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAPPING = 0x7b;
const CLOSE_MAPPING = 0x7d;

/** `items` is 30 bytes long at most, each sign of it as `\u0069`. */
const LONGEST_KEY = 30;

/**
 * Splits a JSON document: the list under the key `items` of its mapping into pieces of whole elements, each but
 * the first with the comma before it, and the frame, which has the brackets of the list. It looks at no more than strings, brackets and
 * commas: where these pieces are JSON, the document is.
 */
export class JsonSplitter implements Splitter {
  readonly isLost = false;
  /** Offset of the next byte. */
  private offset = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** Of the string that may be a key of the document. */
  private key: number[] | undefined;
  private keyComes = false;
  private state: 'before' | 'key' | 'colon' | 'items' | 'after' = 'before';
  private pieceStart = 0;

  /** @param pieceBytes a piece ends with the element that makes it so large */
  constructor(private readonly pieceBytes: number) {}

  push(bytes: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.key !== undefined) this.takeInKey(byte, this.key);
      else if (this.inString) at = this.skipString(bytes, at);
      else if (byte === QUOTE) this.takeQuote();
      else if (this.state === 'items') this.takeInItems(byte, this.offset + at, pieces);
      else this.takeInFrame(byte, this.offset + at, pieces);
    }
    this.offset += bytes.length;
    return pieces;
  }

  private takeQuote(): void {
    this.inString = true;
    if (this.state === 'colon') this.state = 'before';
    if (this.keyComes && this.depth === 1) this.key = [];
    this.keyComes = false;
  }

  private takeInKey(byte: number, key: number[]): void {
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) {
      this.inString = false;
      if (this.state === 'before' && isItems(key)) this.state = 'key';
      this.key = undefined;
      return;
    }
    if (key.length <= LONGEST_KEY) key.push(byte);
  }

  /** @returns where the string ends, or the end of the bytes */
  private skipString(bytes: Uint8Array, from: number): number {
    let at = this.escaped ? from + 1 : from;
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    this.escaped = at > bytes.length;
    this.inString = at >= bytes.length;
    return at;
  }

  private takeInItems(byte: number, offset: number, pieces: Piece[]): void {
    if (byte === OPEN_MAPPING || byte === OPEN_LIST) this.depth += 1;
    else if (byte === CLOSE_MAPPING || byte === CLOSE_LIST) {
      this.depth -= 1;
      if (this.depth > 1) return;
      this.state = 'after';
      this.end('items', offset, pieces);
    } else if (byte === COMMA && this.depth === 2 && offset - this.pieceStart >= this.pieceBytes)
      this.end('items', offset, pieces);
  }

  private takeInFrame(byte: number, offset: number, pieces: Piece[]): void {
    if (isSpace(byte)) return;
    if (this.state === 'key') {
      this.state = byte === COLON ? 'colon' : 'before';
      return;
    }
    const isValueOfItems = this.state === 'colon';
    if (isValueOfItems) this.state = 'before';
    if (byte === OPEN_MAPPING || byte === OPEN_LIST) {
      this.depth += 1;
      this.keyComes = byte === OPEN_MAPPING;
      if (byte === OPEN_LIST && isValueOfItems) {
        this.state = 'items';
        this.end('frame', offset + 1, pieces);
      }
    } else if (byte === CLOSE_MAPPING || byte === CLOSE_LIST) this.depth -= 1;
    else if (byte === COMMA) this.keyComes = true;
  }

  finish(): Piece[] {
    return [];
  }

  private end(kind: Piece['kind'], end: number, pieces: Piece[]): void {
    pieces.push({ kind, end });
    this.pieceStart = end;
  }
}

function isItems(key: readonly number[]): boolean {
  try {
    return JSON.parse(`"${Buffer.from(key).toString()}"`) === 'items';
  } catch {
    return false;
  }
}

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
