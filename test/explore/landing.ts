import { decodeState, isStopped, mayLand } from '../../lib/run/codec';
import type { Result } from '../../lib/run/messages';
import type { Work } from '../../lib/run/state';
import { isNewer } from '../../lib/run/turn-store';
import type { Workload } from '../../lib/run/workload';
import { asks, contains, type MergeCall, type Model, replaceCall, withLane, without } from './model';

/** One step of `mergeForLane` with `performMerge` or `performLanding`. */
export function mergeStep(load: Workload, model: Model, call: MergeCall, at: number): Model {
  const go = (change: Partial<MergeCall>, changed = model) =>
    replaceCall(changed, at, { ...call, ...change });
  const landed = (result: Extract<Result, { kind: 'land' }>['result']) =>
    go({ at: 'write', results: [{ kind: 'land', durationMs: 0, result }] });
  const { work } = call;
  switch (call.at) {
    case 'begin': {
      const state = decodeState(load, model.state);
      const lane = state.lanes[call.lane];
      const isDone = model.results.some(
        (row) => row.lane === call.lane && row.generation === call.generation && row.turn === call.turn,
      );
      const isCurrent = state.generation === call.generation && lane?.turn === call.turn;
      const held = lane?.work;
      if (isDone || !isCurrent || (held?.kind !== 'merge' && held?.kind !== 'land'))
        return mergeEnded(model, call);
      if (held.kind === 'land') return go({ at: 'look', work: held });
      return go({ at: 'write', work: held, results: weave(held) });
    }
    case 'look':
    case 'look-again': {
      if (work?.kind !== 'land') return mergeEnded(model, call);
      if (contains(model.target, work.woven)) return landed({ kind: 'landed', synced: [], warnings: [] });
      if (model.target !== work.base)
        return refusedOr(model, call, at, { kind: 'target-moved', now: model.target });
      return go({ at: 'check', fence: model.fence });
    }
    case 'check':
      if (mayLand(model.state, call.generation)) return go({ at: 'push' });
      return refusedOr(model, call, at, { kind: 'refused', message: 'cancelled or taken over' });
    case 'push': {
      if (work?.kind !== 'land') return mergeEnded(model, call);
      const isFree =
        model.flaw === 'lands without looking' || (model.target === work.base && model.fence === call.fence);
      const moved = { ...model, target: work.woven, fence: model.fence + 1, landings: model.landings + 1 };
      return isFree ? go({ at: 'look' }, moved) : go({ at: 'look' });
    }
    case 'write': {
      const row = { lane: call.lane, generation: call.generation, turn: call.turn, results: call.results };
      const there = model.results.find(({ lane }) => lane === call.lane);
      const isFirst = there === undefined || isNewer({ ...row, attempt: 0 }, { ...there, attempt: 0 });
      const results = [...model.results.filter(({ lane }) => lane !== call.lane), row].sort(
        (a, b) => a.lane - b.lane,
      );
      return mergeEnded(isFirst ? { ...model, results } : model, call);
    }
  }
}

/** An answer other than that it has landed; once the run is stopped it is made final by moving the fence. */
function refusedOr(
  model: Model,
  call: MergeCall,
  at: number,
  result: Extract<Result, { kind: 'land' }>['result'],
): Model {
  if (isStopped(model.state) && !call.isFinal)
    return replaceCall({ ...model, fence: model.fence + 1 }, at, {
      ...call,
      at: 'look-again',
      isFinal: true,
    });
  return replaceCall(model, at, { ...call, at: 'write', results: [{ kind: 'land', durationMs: 0, result }] });
}

/** Its lane asks for more; what came of it is in the store. */
function mergeEnded(model: Model, call: MergeCall): Model {
  return without(laneAsks(model, call, {}), call);
}

export function laneAsks(
  model: Model,
  { generation, lane: number, turn }: MergeCall,
  came: { lost?: string },
): Model {
  const at = model.lanes.findIndex(
    ({ generation: of, lane, does }) =>
      of === generation && lane === number && does.kind === 'merges' && does.turn === turn,
  );
  return at < 0 ? model : withLane(model, at, asks(model.lanes[at]!, turn, came));
}

function weave(work: Extract<Work, { kind: 'merge' }>): Result[] {
  let { tip } = work;
  return work.items.map((item) => {
    const end = `${tip.chain}/${item}`;
    tip = { chain: end, linear: end, tree: end };
    return { kind: 'merge', item, onto: end, durationMs: 0, present: false, result: { kind: 'woven', tip } };
  });
}
