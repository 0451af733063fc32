import { join } from 'node:path';
import type { OperationCache } from '../../performance/operation-cache';
import type { Result, RunEvent } from '../../run/messages';
import type { RunState } from '../../run/state';
import { artifactsPath, logPath } from '../gate-files';
import { gateKey, type Toolchains } from '../gate-key';
import type { SharedPasses } from '../shared-passes';
import { blobKeys } from './blobs';
import type { GateReturn } from './protocol';
import type { RunContext } from './run-context';
import { testedBy } from './tested';

/** A pass that may be used again, and where its files are. */
export interface KeptPass {
  readonly durationMs: number;
  /** Key prefix of the files, and their paths below it. */
  readonly folder: string;
  readonly artifacts: readonly string[];
}

export interface Memory {
  readonly passes: OperationCache<KeptPass>;
  /** Passes that other engines are told, and that they tell where the stack believes them. */
  readonly shared?: SharedPasses;
}

export interface Remembering {
  /** Caches as the run's policy has them. */
  readonly memoryOf: (run: RunContext) => Memory;
  /** What gates run with, as far as it is known from outside. */
  readonly toolchains: Toolchains;
}

/** What a gate function brought back, as results of the run. */
export function toResults(run: RunContext, state: RunState, returned: readonly GateReturn[]): Result[] {
  const { load, names } = run;
  const { round } = state.weave;
  return returned
    .filter(({ cut }) => !cut)
    .flatMap((gate): Result[] => {
      const task = load.tasks[gate.task];
      if (task === undefined) return [];
      const { logged, artifacts, note, unlisted, ...rest } = gate;
      const tested = testedBy(run, state, gate.task);
      const folder = artifactsPath(names, task, round);
      return [
        {
          kind: 'gate',
          ...rest,
          artifacts: artifacts.filter(isBelow).map((path) => join(folder, path)),
          ...(unlisted === undefined ? {} : { unlisted }),
          ...(logged ? { log: logPath(names, task, round, gate.attempt) } : {}),
          ...(note === undefined ? {} : { note }),
          ...(tested.kind === 'clean' ? { candidate: tested.commit } : {}),
        },
      ];
    });
}

/** Why gates that were handed out have no results, where their function had no time for one of them. */
export function lostByTime(returned: readonly GateReturn[]): string | undefined {
  const cut = returned.find((gate) => gate.cut);
  return cut && `its function ended ${Math.round((cut.endedAt - cut.startedAt) / 1000)} s after a gate began`;
}

/** Whether a path that a gate function names leads nowhere but into the folder of its artifacts. */
const isBelow = (path: string) =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/**
 * Keeps the passes that a commit has taken in.
 * @param events of the commit: what a gate function says of gates that its lane did not hold is none of them
 */
export async function rememberPasses(
  { memoryOf, toolchains }: Remembering,
  run: RunContext,
  state: RunState,
  events: readonly RunEvent[],
): Promise<void> {
  const { load, names, record } = run;
  const memory = memoryOf(run);
  await Promise.all(
    events.map(async (result) => {
      if (result.event !== 'result' || result.kind !== 'gate') return;
      if (result.outcome !== 'pass' || result.cached) return;
      const task = load.tasks[result.task]!;
      const durationMs = result.endedAt - result.startedAt;
      const tested = testedBy(run, state, result.task);
      const key = tested.kind === 'clean' ? gateKey(task.gate, tested, toolchains) : undefined;
      // A pass that is used again is to bring all of its files.
      if (key === undefined || result.unlisted) return;
      const below = artifactsPath(names, task, state.weave.round);
      const artifacts = (result.artifacts ?? []).map((path) => path.slice(below.length + 1));
      // The key is one only where the candidate is clean.
      if (tested.kind === 'clean') await memory.shared?.tell(task.gate, tested, { durationMs });
      await memory.passes.set(key, { durationMs, folder: blobKeys.file(record.id, below), artifacts });
    }),
  );
}
