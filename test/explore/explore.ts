import { createHash } from 'node:crypto';
import { decodeState } from '../../lib/run/codec';
import { ItemStatus, TaskStatus } from '../../lib/run/state';
import type { Workload } from '../../lib/run/workload';
import { actions } from './actions';
import { type Faults, type Flaw, initial, type Model } from './model';
import { normal } from './normal';

export interface Explored {
  readonly states: number;
  /** Actions on the longest of the shortest ways to a state. */
  readonly depth: number;
  readonly ends: number;
  /** What is wrong, with the actions that lead there; empty when all is well. */
  readonly wrong: readonly string[];
}

/**
 * Goes to every state that can be reached, breadth first. Shown where nothing is wrong: no state is a deadlock (also
 * none in which a lane waits for an answer that nobody gives), no gate is with two lanes, nothing lands twice, or after
 * a cancel was acknowledged; and without further faults every way comes to an end: there are no circles.
 */
export function explore(
  load: Workload,
  lanes: number,
  faults: Faults,
  alone: boolean,
  flaw?: Flaw,
): Explored {
  const first = initial(load, lanes, faults, alone, flaw);
  const known = new Map([[hashOf(first), 0]]);
  const parents: number[] = [-1];
  const names: string[] = ['start'];
  /** By state: where it leads without faults. */
  const leads: number[][] = [];
  const wrong: string[] = [];
  let level: [number, Model][] = [[0, first]];
  let depth = 0;
  let ends = 0;
  const wayTo = (id: number): string => {
    const way: string[] = [];
    for (let at = id; at >= 0; at = parents[at]!) way.unshift(names[at]!);
    return way.join(' → ');
  };
  for (; level.length > 0 && wrong.length === 0; depth += 1) {
    const next: [number, Model][] = [];
    for (const [id, model] of level) {
      const onward: number[] = [];
      for (const { name, isFault, to: led } of actions(load, model)) {
        const to = normal(load, led);
        const hash = hashOf(to);
        let at = known.get(hash);
        if (at === undefined) {
          at = parents.length;
          known.set(hash, at);
          parents.push(id);
          names.push(name);
          next.push([at, to]);
          for (const words of violations(load, model, to)) wrong.push(`${words}: ${wayTo(at)}`);
        }
        if (!isFault) onward.push(at);
      }
      leads[id] = onward;
      if (onward.length === 0) {
        ends += 1;
        for (const words of deadlock(load, model)) wrong.push(`${words}: ${wayTo(id)}`);
      }
    }
    level = next;
  }
  const circle = wrong.length === 0 ? findCircle(leads) : undefined;
  if (circle !== undefined) wrong.push(`goes in a circle: ${wayTo(circle)}`);
  return { states: known.size, depth: depth - 1, ends, wrong };
}

/** Versions only say whether somebody else has committed: `normal` has seen to that. */
const hashOf = ({ version: _, ...model }: Model) =>
  createHash('sha1')
    .update(JSON.stringify(model, (key, value) => (key === 'version' ? undefined : value)))
    .digest('base64');

function violations(load: Workload, before: Model, model: Model): string[] {
  const { landings, cancel, target } = model;
  const state = decodeState(load, model.state);
  const held = state.lanes.flatMap(({ work }) =>
    work?.kind === 'gates' ? work.tasks.map(({ task }) => task) : [],
  );
  const busy = state.lanes.filter(({ work }) => work?.kind === 'merge' || work?.kind === 'land').length;
  const running = [...state.tasks].filter((status) => status === TaskStatus.running).length;
  return [
    ...(landings > 1 ? ['it has landed twice'] : []),
    ...(before.cancel === 'acknowledged' && before.target !== target && landings > before.landings
      ? ['it has landed after the cancel was acknowledged']
      : []),
    ...(cancel === 'acknowledged' && state.phase === 'done' && [...state.items].includes(ItemStatus.woven)
      ? ['an item is merged in a run that is cancelled']
      : []),
    ...(new Set(held).size < held.length ? ['two lanes have the same gate'] : []),
    ...(busy > 1 ? ['two lanes weave or land'] : []),
    ...(running !== held.length ? [`${running} gates run, and lanes hold ${held.length}`] : []),
  ];
}

/** Nothing can happen any more: then all must have ended. */
function deadlock(load: Workload, model: Model): string[] {
  const state = decodeState(load, model.state);
  const open = model.lanes.filter(({ does }) => does.kind !== 'ended');
  const isEnded = state.phase === 'done' && [...state.items].every((status) => status >= ItemStatus.woven);
  const isMerged = [...state.items].includes(ItemStatus.woven);
  return [
    ...(open.length > 0 ? [`lane ${open[0]!.generation}.${open[0]!.lane} waits for ever`] : []),
    ...(isEnded ? [] : ['the run has not ended']),
    ...(isMerged !== model.landings > 0 ? ['what has landed and what is told to have landed differ'] : []),
  ];
}

/** A state that leads to itself, by depth-first search without recursion. */
function findCircle(leads: readonly (readonly number[])[]): number | undefined {
  const colour = new Uint8Array(leads.length);
  for (let from = 0; from < leads.length; from += 1) {
    if (colour[from] !== 0) continue;
    const stack: [number, number][] = [[from, 0]];
    colour[from] = 1;
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const to = leads[top[0]]?.[top[1]];
      top[1] += 1;
      if (to === undefined) {
        colour[top[0]] = 2;
        stack.pop();
      } else if (colour[to] === 1) return to;
      else if (colour[to] === 0) {
        colour[to] = 1;
        stack.push([to, 0]);
      }
    }
  }
  return undefined;
}
