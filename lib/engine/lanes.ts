import { availableParallelism } from 'node:os';
import { boundsFor, firstLimit } from '../performance/worker-limit';
import { MAX_WORKERS } from '../plan/limits';
import type { Policy } from '../plan/plan';

/** How many gates run at once on this machine: as many as there are lanes, or (adaptive) as the load allows. */
export interface Lanes {
  readonly lanes: number;
  readonly adaptive?: true;
}

/** @param cores at least 1 */
export function lanesFor(maxWorkers: Policy['maxWorkers'], cores = availableParallelism()): Lanes {
  if (maxWorkers !== 'auto') return { lanes: maxWorkers };
  return { lanes: Math.min(boundsFor(cores).max, MAX_WORKERS), adaptive: true };
}

/** On how many a run is predicted: where the load decides, those that it begins with. */
export function predictedLanes({ lanes, adaptive }: Lanes, cores = availableParallelism()): number {
  return adaptive ? Math.min(lanes, firstLimit(boundsFor(cores)).limit) : lanes;
}
