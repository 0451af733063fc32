/** Measures each side once. */
export type Sides = Readonly<Record<string, () => unknown>>;

/** What each side gave, one a turn. */
export type Turns<S extends Sides> = { [Name in keyof S]: Awaited<ReturnType<S[Name]>>[] };

/**
 * Measures sides one after another, then all again: a, b, a, b …, so that a machine that gets busier meets all of
 * them. Before that each is measured once without being counted, which fills the caches of disk and processor.
 */
export async function inTurn<S extends Sides>(
  runs: number,
  sides: S,
  { warmUp = true }: { readonly warmUp?: boolean } = {},
): Promise<Turns<S>> {
  const names: (keyof S)[] = Object.keys(sides);
  const turns = Object.fromEntries(names.map((name) => [name, [] as unknown[]])) as Turns<S>;
  for (let turn = warmUp ? -1 : 0; turn < runs; turn += 1)
    for (const name of names) {
      const figure = (await sides[name]!()) as Turns<S>[keyof S][number];
      if (turn >= 0) turns[name].push(figure);
    }
  return turns;
}

/** @returns how long it took, in ms */
export async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
