const SIZE = 4096;

/** The last of an output. */
export class OutputTail {
  private kept = Buffer.alloc(0);

  /** Copies what it keeps. */
  add(chunk: Uint8Array): void {
    this.kept = Buffer.concat([this.kept, chunk.subarray(-SIZE)]).subarray(-SIZE);
  }

  bytes(): Uint8Array {
    return this.kept;
  }

  text(): string {
    return this.kept.toString('utf8');
  }
}
