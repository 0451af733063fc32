import type { RunState } from '../../run/state';
import { isWanted } from '../../run/wanted';
import { type Blobs, blobKeys } from './blobs';
import { inChunks } from './in-chunks';
import type { RunContext } from './run-context';

/**
 * Notes for functions that run several gates which of them nobody needs any more: they look before each. One that
 * has begun goes on; a note that is not written costs what it would have saved.
 * @param after what a commit has made of `before`
 */
export async function withdraw(
  { blobs }: { readonly blobs: Pick<Blobs, 'put'> },
  { record, load }: RunContext,
  before: RunState,
  after: RunState,
): Promise<void> {
  const notes = after.lanes.flatMap(({ turn, work }, lane) => {
    const isSame = after.generation === before.generation && before.lanes[lane]?.turn === turn;
    if (!isSame || work?.kind !== 'gates' || work.tasks.length < 2) return [];
    const unwanted = (state: RunState) =>
      work.tasks.flatMap(({ task }) => (isWanted(load, state, task) ? [] : [task]));
    const now = unwanted(after);
    if (now.length === unwanted(before).length) return [];
    return [{ key: blobKeys.unwanted(record.id, after.generation, lane, turn), now }];
  });
  await inChunks(notes, ({ key, now }) => blobs.put(key, JSON.stringify(now), 'application/json'));
}
