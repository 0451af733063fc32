/** Measures one side once. @returns a figure: seconds, bytes, whatever its row is about */
export type Side = () => number | Promise<number>;

/**
 * Measures sides one after another, then all again: a, b, a, b …, so that a machine that gets busier meets all of
 * them. Before that each is measured once without being counted, which fills the caches of disk and processor.
 * @returns for each side its figures, one a turn
 */
export async function inTurn<Name extends string>(
  runs: number,
  sides: Readonly<Record<Name, Side>>,
  { warmUp = true }: { readonly warmUp?: boolean } = {},
): Promise<Record<Name, number[]>> {
  const entries = Object.entries<Side>(sides) as [Name, Side][];
  if (warmUp) for (const [, measure] of entries) await measure();
  const figures = Object.fromEntries(entries.map(([name]) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let turn = 0; turn < runs; turn += 1)
    for (const [name, measure] of entries) figures[name].push(await measure());
  return figures;
}

/** @returns how long it took, in ms */
export async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
