/** A piece of a document. All pieces, one after the other, are the document. */
export interface Piece {
  /** `items`: some elements of the list of items, as they stand there; `frame`: what is around the list. */
  readonly kind: 'frame' | 'items';
  /** The offset of its end, in bytes from the start of the document. */
  readonly end: number;
}

/** Finds the pieces of a document while it is being read. */
export interface Splitter {
  /** @returns the pieces that end in the next bytes; what follows the last one is a piece of the frame */
  push(bytes: Uint8Array): Piece[];
  /** @returns the pieces that end with the document */
  finish(): Piece[];
  /** Where the line begins that has been taken for the key `items`: to be compared with where the key is. */
  readonly keyAt?: number | undefined;
  /** The document is not written in a way that it could be read in pieces. */
  readonly isLost: boolean;
}
