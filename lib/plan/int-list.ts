/** 32-bit integers, as many as come. */
export class IntList {
  length = 0;
  private values = new Int32Array(1024);

  push(value: number): void {
    if (this.length === this.values.length)
      this.values = new Int32Array(this.values.buffer.transfer(2 * this.values.byteLength));
    this.values[this.length++] = value;
  }

  toArray(): Int32Array {
    return this.values.subarray(0, this.length);
  }
}
