import type { RunState } from '../../run/state';
import { type Blobs, blobKeys, SEGMENT } from './blobs';
import type { RunContext } from './run-context';

/** The bundles that hold what the tasks test, in the order in which they build on one another. */
export async function bundlesFor(
  blobs: Blobs,
  { record, load }: RunContext,
  state: RunState,
  tasks: readonly number[],
): Promise<string[]> {
  const items = tasks.map((task) => load.tasks[task]!.item);
  const segments = new Set(items.filter((item) => item >= 0).map((item) => Math.floor(item / SEGMENT)));
  const woven = items.some((item) => item < 0)
    ? await blobs.list(blobKeys.weaves(record.id, state.weave.round))
    : [];
  return [
    blobKeys.base(record.id),
    ...[...segments].sort((a, b) => a - b).map((segment) => blobKeys.candidates(record.id, segment)),
    ...woven,
  ];
}
