import { decodeState } from '../../run/codec';
import { heldBy, shownHold } from '../../run/hold';
import type { SubmittedRun } from '../../run/run-index';
import type { ControlServices } from './control';
import type { QueuedRun } from './control-protocol';
import { inChunks } from './in-chunks';
import { urgencySchema } from './request';

/** The runs that have not ended, by target, each in its line; who has not come into line yet is behind those who have. */
export async function queuedRuns({
  index,
  queue,
  starter,
  ...services
}: Pick<ControlServices, 'index' | 'queue' | 'starter' | Holding>): Promise<{ runs: readonly QueuedRun[] }> {
  const open = (await index.open()).toReversed();
  const byTarget = Map.groupBy(open, ({ target }) => target);
  const lines = await inChunks([...byTarget], async ([target, runs]) => {
    const line = (await queue.list(target)).map(({ run }) => run);
    const places = new Map(line.map((run, place) => [run, place]));
    const placeOf = ({ id }: SubmittedRun) => places.get(id) ?? line.length;
    return runs.toSorted((a, b) => placeOf(a) - placeOf(b));
  });
  const told = lines.flatMap((runs) => runs.map((run, place) => ({ run, place })));
  return {
    runs: await inChunks(told, async ({ run, place }): Promise<QueuedRun> => {
      const { id, target, submittedAt, request, generation } = run;
      const [repository, branch] = JSON.parse(target);
      const isAlive = await starter.isRunning(id, generation);
      const held = isAlive && place === 0 ? await holdOf(services, id) : undefined;
      return {
        runId: id,
        status: !isAlive ? 'interrupted' : place > 0 ? 'waiting' : held === undefined ? 'running' : 'held',
        target: branch,
        repository,
        since: new Date(submittedAt).toISOString(),
        hotfix: urgencySchema.parse(JSON.parse(request)).hotfix,
        ...(held && { held: shownHold(held) }),
        place,
      };
    }),
  };
}

type Holding = 'store' | 'loadRun' | 'now';

/** What keeps a run from landing, if it has begun. */
async function holdOf({ store, loadRun, now }: Pick<ControlServices, Holding>, id: string) {
  if ((await store.find(id)) === undefined) return undefined;
  const { load } = await loadRun(id);
  return heldBy(load, decodeState(load, (await store.read(id)).state), now());
}
