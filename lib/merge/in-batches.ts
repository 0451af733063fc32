interface Waiting<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers questions in batches, one at a time: what is asked while one is worked on makes up the next.
 * @param answer gives answers in the order of the questions; `isAwaited` says whether somebody waits for the next batch
 */
export function inBatches<Q, A>(
  answer: (questions: readonly Q[], isAwaited: () => boolean) => Promise<readonly PromiseSettledResult<A>[]>,
): (question: Q) => Promise<A> {
  let waiting: Waiting<Q, A>[] = [];
  let working = false;

  const answerBatch = async (batch: readonly Waiting<Q, A>[]) => {
    const questions = batch.map(({ question }) => question);
    const answers = await answer(questions, () => waiting.length > 0);
    for (const [n, { resolve, reject }] of batch.entries()) {
      const given = answers[n]!;
      if (given.status === 'fulfilled') resolve(given.value);
      else reject(given.reason);
    }
  };
  const work = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await answerBatch(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    working = false;
  };

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      // Not at once: what is asked in the same breath belongs together.
      if (!working) queueMicrotask(work);
      working = true;
    });
}
