import fc from 'fast-check';
import { BatchError, BatchProcessor } from '../../lib/performance/batch-processor';

async function* streamed<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

describe('batch processor', () => {
  it('gives what mapping all items gives, in order, whatever the batch size and the source', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer()),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        async (items, size, stream) => {
          const sizes: number[] = [];
          const told: [number[], number][] = [];
          const results = await new BatchProcessor<number>(size).processBatches(
            stream ? streamed(items) : new Set(items.map((item, i) => item + i)),
            async (batch) => {
              sizes.push(batch.length);
              return batch.map((n) => n * 2);
            },
            (batch, index) => told.push([batch, index]),
          );
          const source = stream ? items : [...new Set(items.map((item, i) => item + i))];
          expect(results).toEqual(source.map((n) => n * 2));
          expect(told.flatMap(([batch]) => batch)).toEqual(results);
          expect(told.map(([, index]) => index)).toEqual(sizes.map((_, index) => index));
          expect(sizes.slice(0, -1).every((n) => n === size)).toBe(true);
        },
      ),
    );
  });

  it('reads no further than the batch at hand, and has one batch under way at a time', async () => {
    let read = 0;
    let running = 0;
    function* source() {
      for (; read < 10; ) yield read++;
    }
    await new BatchProcessor<number>(4).processBatches(source(), async (batch, index) => {
      running += 1;
      await new Promise(setImmediate);
      expect(running).toBe(1);
      running -= 1;
      expect(read).toBe(Math.min(10, (index + 1) * 4));
      return batch;
    });
    expect(read).toBe(10);
  });

  it('names the batch that failed, keeps the cause, and closes the source', async () => {
    let closed = false;
    function* source() {
      try {
        for (let i = 0; ; i += 1) yield i;
      } finally {
        closed = true;
      }
    }
    const cause = new Error('disk full');
    const failure = await new BatchProcessor<number>(3)
      .processBatches(source(), async (batch, index) => {
        if (index < 2) return batch;
        batch.length = 0;
        throw cause;
      })
      .catch((error) => error);
    expect(failure).toBeInstanceOf(BatchError);
    expect(failure).toMatchObject({ batchIndex: 2, firstItem: 6, lastItem: 8, cause });
    expect(failure.message).toBe('batch 2 (items 6 to 8, counted from 0) failed: disk full');
    expect(closed).toBe(true);
  });

  it('names the last, shorter batch by the items it held, and an error of the progress callback too', async () => {
    const processor = new BatchProcessor<number>(3);
    const failure = await processor
      .processBatches(
        [1, 2, 3, 4],
        async (batch) => batch,
        (_, index) => {
          if (index === 1) throw 'plain text';
        },
      )
      .catch((error) => error);
    expect(failure).toMatchObject({ batchIndex: 1, firstItem: 3, lastItem: 3, cause: 'plain text' });
  });

  it('waits for a progress callback that takes time, and names its batch when it fails', async () => {
    const order: string[] = [];
    const failure = await new BatchProcessor<number>(1)
      .processBatches(
        [1, 2, 3],
        async (batch, index) => {
          order.push(`batch ${index}`);
          return batch;
        },
        async (_, index) => {
          await new Promise(setImmediate);
          order.push(`told ${index}`);
          if (index === 1) throw new Error('nobody listens');
        },
      )
      .catch((error) => error);
    expect(order).toEqual(['batch 0', 'told 0', 'batch 1', 'told 1']);
    expect(failure).toMatchObject({ batchIndex: 1, message: expect.stringContaining('nobody listens') });
  });

  it('takes results by the hundred thousand', async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => i);
    expect(await new BatchProcessor<number>(300_000).processBatches([0], async () => many)).toEqual(many);
  });

  it('does nothing for no items', async () => {
    const fn = jest.fn();
    expect(await new BatchProcessor(5).processBatches([], fn)).toEqual([]);
    expect(fn).not.toHaveBeenCalled();
  });

  it('refuses a batch size that is not a positive whole number', () => {
    for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new BatchProcessor(size)).toThrow('cannot hold');
  });
});
