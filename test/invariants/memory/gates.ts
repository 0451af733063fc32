import type { Candidates } from '../../../lib/merge/candidate';
import { verifiedTip } from '../../../lib/run/bisect';
import type { GateResult } from '../../../lib/run/messages';
import type { RunState } from '../../../lib/run/state';
import type { Workload } from '../../../lib/run/workload';
import type { Asked } from '../evidence';
import type { MemoryRepository } from './repository';

/** What a gate says of a commit. @param item its name; undefined: the gate is one of verification */
export type Attempt = (item: string | undefined, gate: string, commit: string) => 'pass' | 'fail' | 'timeout';

/** Gates that do what the files of a commit say; they know which of them have failed once. */
export function createGates(repository: MemoryRepository, { truth }: Pick<Asked, 'truth'>): Attempt {
  const once = new Set<string>();
  return (item, gate, commit) => {
    const said = truth(item, gate, repository.filesOf(commit));
    if (said !== 'flaky') return said;
    const id = `${item}.${gate}`;
    if (once.has(id)) return 'pass';
    once.add(id);
    return 'fail';
  };
}

/** One attempt of a gate in a lane of this process; what has passed on a tree is not run on it again. */
export function createLaneGates(repository: MemoryRepository, attempt: Attempt, names: readonly string[]) {
  const passes = new Set<string>();
  return async (
    load: Workload,
    state: RunState,
    candidates: Candidates,
    { task, attempt: number }: { task: number; attempt: number },
  ): Promise<GateResult> => {
    const now = Date.now();
    const base = { kind: 'gate', task, attempt: number, startedAt: now, endedAt: now } as const;
    const { item, gate } = load.tasks[task]!;
    let commit: string;
    if (item < 0) commit = verifiedTip(state, load.tasks[task]!)!.linear;
    else {
      const candidate = await candidates.of(item);
      if (candidate.kind !== 'clean') {
        const { kind, ...rest } = candidate;
        return { ...base, outcome: kind, ...rest };
      }
      if (candidate.empty) return { ...base, outcome: 'empty', candidate: candidate.commit };
      commit = candidate.commit;
    }
    const key = `${names[item]} ${gate.name} ${repository.read(commit).tree}`;
    const common = { ...base, candidate: commit, exitCode: 0 };
    if (passes.has(key)) return { ...common, outcome: 'pass', cached: true };
    const outcome = attempt(names[item], gate.name, commit);
    if (outcome === 'pass') passes.add(key);
    return { ...common, outcome };
  };
}
