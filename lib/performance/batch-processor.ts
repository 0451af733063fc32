import { refuse } from '../errors';

/** A batch that failed: which one, and which items it held (all counted from 0); `cause` says why. */
export class BatchError extends Error {
  constructor(
    readonly batchIndex: number,
    readonly firstItem: number,
    readonly lastItem: number,
    override readonly cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`batch ${batchIndex} (items ${firstItem} to ${lastItem}, counted from 0) failed: ${why}`);
    this.name = 'BatchError';
  }
}

/** Hands items to a function a batch at a time; of the items only the current batch is in memory. */
export class BatchProcessor<T> {
  /** @throws InputError when `batchSize` is not a positive integer */
  constructor(private readonly batchSize: number) {
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw refuse('batch-size', `a batch cannot hold ${batchSize} items`, 'give a whole number from 1 on');
  }

  /**
   * Runs `fn` on one batch after the other; the next is not read before the last is done.
   * @param onBatch told each batch's results as soon as they are there; what it promises is waited for
   * @returns the results of all batches, in the order of the items
   * @throws BatchError when `fn` or `onBatch` fails; nothing after that batch is read
   */
  async processBatches<R>(
    items: Iterable<T> | AsyncIterable<T>,
    fn: (batch: T[], index: number) => Promise<R[]>,
    onBatch?: (results: R[], batchIndex: number) => unknown,
  ): Promise<R[]> {
    const all: R[] = [];
    let index = 0;
    for await (const batch of inBatches(items, this.batchSize)) {
      // Taken first: `fn` may empty the array.
      const { length } = batch;
      try {
        const results = await fn(batch, index);
        for (const result of results) all.push(result);
        await onBatch?.(results, index);
      } catch (error) {
        const first = index * this.batchSize;
        throw new BatchError(index, first, first + length - 1, error);
      }
      index += 1;
    }
    return all;
  }
}

async function* inBatches<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
