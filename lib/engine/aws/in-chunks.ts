/** So many things are under way at once. */
const CHUNK = 16;

/** Does something with each of many values, some at a time. @returns what came of each, in their order */
export async function inChunks<T, R>(
  values: readonly T[],
  act: (value: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < values.length; from += CHUNK)
    results.push(
      ...(await Promise.all(values.slice(from, from + CHUNK).map((value, k) => act(value, from + k)))),
    );
  return results;
}
