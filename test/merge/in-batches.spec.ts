import { inBatches } from '../../lib/merge/in-batches';

type Settled = PromiseSettledResult<number>;
const twice = (n: number): Settled => ({ status: 'fulfilled', value: 2 * n });

/** Batches as they are asked for, each answered when the test says so. */
function heldBatches() {
  const batches: { questions: readonly number[]; isAwaited: () => boolean; answer: () => void }[] = [];
  const ask = inBatches<number, number>((questions, isAwaited) => {
    const { promise, resolve } = Promise.withResolvers<Settled[]>();
    batches.push({ questions, isAwaited, answer: () => resolve(questions.map(twice)) });
    return promise;
  });
  return { batches, ask };
}
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('questions in batches', () => {
  it('are one batch where they are asked in one breath, and then what came meanwhile', async () => {
    const { batches, ask } = heldBatches();
    const asked = [ask(1), ask(2)];
    await soon();
    asked.push(ask(3));
    await soon();
    asked.push(ask(4));
    await soon();
    expect(batches.map(({ questions }) => questions)).toEqual([[1, 2]]);
    batches[0]!.answer();
    expect(await Promise.all(asked.slice(0, 2))).toEqual([2, 4]);
    await soon();
    expect(batches.map(({ questions }) => questions)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    batches[1]!.answer();
    expect(await Promise.all(asked)).toEqual([2, 4, 6, 8]);
  });

  it('are answered again after there were none for a while', async () => {
    const { batches, ask } = heldBatches();
    for (const [n, question] of [5, 6].entries()) {
      const asked = ask(question);
      await soon();
      batches[n]!.answer();
      expect(await asked).toBe(2 * question);
      await soon();
    }
    expect(batches).toHaveLength(2);
  });

  it('let a batch know whether somebody waits for the next one', async () => {
    const { batches, ask } = heldBatches();
    const asked = [ask(1)];
    await soon();
    const [{ isAwaited, answer }] = batches as [(typeof batches)[number]];
    expect(isAwaited()).toBe(false);
    asked.push(ask(2));
    expect(isAwaited()).toBe(true);
    answer();
    await asked[0];
    await soon();
    expect(isAwaited()).toBe(false);
    batches[1]!.answer();
    await asked[1];
  });

  it('fail alone where one cannot be answered, together where a batch fails, and others go on', async () => {
    const ask = inBatches<number, number>(async (questions) => {
      if (questions.includes(0)) throw new Error('all');
      return questions.map((n) => (n < 0 ? { status: 'rejected', reason: new Error(`${n}`) } : twice(n)));
    });
    const outcomes = async (...questions: number[]) =>
      (await Promise.allSettled(questions.map(ask))).map((end) =>
        end.status === 'fulfilled' ? end.value : end.reason.message,
      );
    expect(await outcomes(1, -1, 2)).toEqual([2, '-1', 4]);
    expect(await outcomes(1, 0)).toEqual(['all', 'all']);
    expect(await outcomes(3)).toEqual([6]);
  });
});
