import type { TurnStore } from '../../run/turn-store';

/**
 * What the first call of a run has found: one that is tried again, or goes on beside it, gets the same, whatever
 * there is to be found by now.
 * @param name of the detail that holds it
 */
export async function detailOnce(
  store: Pick<TurnStore, 'getDetail' | 'putDetail'>,
  run: string,
  name: string,
  find: () => Promise<string>,
): Promise<string> {
  const known = await store.getDetail(run, name);
  if (known !== undefined) return known;
  await store.putDetail(run, name, await find());
  return (await store.getDetail(run, name))!;
}
