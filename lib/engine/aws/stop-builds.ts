import { decodeState } from '../../run/codec';
import type { TurnStore } from '../../run/turn-store';
import type { LoadRun } from './run-context';
import type { LaneStopper } from './starter';
import { executionOf } from './turn';

/**
 * Ends the builds that lanes of a stopped run wait for. Step Functions stops the build of an execution that is
 * stopped itself; the lane's next one is told that there is nothing to do. A gate in a function is waited for, it takes
 * minutes at most.
 */
export async function stopBuilds(
  services: {
    readonly store: Pick<TurnStore, 'readTurns'>;
    readonly loadRun: LoadRun;
    readonly stopLane: LaneStopper;
  },
  run: string,
): Promise<void> {
  const { load } = await services.loadRun(run);
  const { state: text, inboxes } = await services.store.readTurns(run);
  const { stopping, generation, lanes } = decodeState(load, text);
  // A landing was faster.
  if (stopping === undefined) return;
  const isBuild = (lane: number): boolean => {
    const work = lanes[lane]?.work;
    return (
      work?.kind === 'gates' && work.tasks.some(({ task }) => load.tasks[task]!.gate.runtime === 'container')
    );
  };
  const waiting = inboxes.filter((inbox) => inbox.generation === generation && isBuild(inbox.lane));
  await Promise.all(
    waiting.map((inbox) => services.stopLane({ run, generation, lane: inbox.lane, k: executionOf(inbox) })),
  );
}
