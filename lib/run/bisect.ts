import { closure as closureOf } from '../merge/closure';
import type { Tip } from '../merge/weave';
import type { Draft } from './draft';
import { failItem, queueTask, setItem } from './items';
import { probePoints } from './probe-points';
import { inRound, members, type Point, type Search, suspects } from './search';
import { ItemStatus, lanesWithGates, TaskStatus } from './state';
import { asks } from './waived';
import { enter, weaveAgain } from './weaving';

/** The verification of the whole weave has failed: the search for the item that breaks it begins. */
export function beginSearch(draft: Draft): void {
  const { load, state } = draft;
  const { known, round, tip } = state.weave;
  const first = load.firstTask[state.items.length]!;
  const gates: number[] = [];
  for (let task = first; task < load.firstProbe; task++)
    if (load.tasks[task]!.blocking && state.tasks[task] === TaskStatus.failed) gates.push(task - first);
  const isKnown = known !== undefined && gates.every((gate) => known.gates.includes(gate));
  narrow(draft, {
    gates,
    passing: isKnown ? known.passing : -1,
    shown: isKnown,
    failing: suspects(load, state).at(-1)!,
    seen: { round, task: first + gates[0]! },
    points: [],
    whole: tip,
    culprit: undefined,
  });
}

/** The weave has come to an item: the end of a prefix perhaps. */
export function notePoint({ state: { weave } }: Draft, item: number): void {
  const { search, tip } = weave;
  if (search === undefined) return;
  const points = search.points.map((point) => (point.end === item ? { ...point, tip } : point));
  weave.search = { ...search, points };
}

/** What is woven in this round is verified, as far as the search goes on. */
export function beginProbes(draft: Draft): void {
  const { state } = draft;
  const { search, round } = state.weave;
  state.verifying = 0;
  search!.points.forEach(({ upTo, end }, point) => {
    for (const gate of search!.gates) {
      const task = probeTask(draft, point, gate);
      // Of the round before.
      state.tasks[task] = TaskStatus.skipped;
      state.attempts[task] = 0;
      if (!isAsked(draft, gate, end)) continue;
      state.verifying += 1;
      queueTask(draft, task);
    }
    const culprit = search!.culprit === undefined ? {} : { with: search!.culprit.item };
    draft.events.push({ event: 'probe', upTo, ...culprit, round, at: draft.now });
  });
  state.weave.probes += search!.points.length;
  enter(draft, 'bisect');
}

/** Every prefix of this round is decided. */
export function endProbes(draft: Draft): void {
  const { state } = draft;
  const { round } = state.weave;
  const search = state.weave.search!;
  const failed = search.points.map((_, point) =>
    search.gates.find((gate) => state.tasks[probeTask(draft, point, gate)] === TaskStatus.failed),
  );
  if (search.isRescue) {
    endRescue(draft, search, failed);
    return;
  }
  const broken = failed.findIndex((gate) => gate !== undefined);
  const passed = search.points.slice(0, broken < 0 ? undefined : broken).at(-1);
  const ends = search.points.filter((_, point) => failed[point] !== undefined).map(({ upTo }) => upTo);
  const known = search.culprit === undefined && { failed: [...(search.failed ?? []), ...ends] };
  const narrowed = { ...search, ...known, ...(passed && { passing: passed.upTo, shown: true }) };
  if (broken < 0) narrow(draft, narrowed);
  else if (search.points[broken]!.upTo >= 0) {
    const failing = search.points[broken]!.upTo;
    // What the item fails with is seen already when it is asked whom it clashes with.
    const seen = search.culprit ? search.seen : { round, task: probeTask(draft, broken, failed[broken]!) };
    narrow(draft, { ...narrowed, failing, seen });
  } else if (search.culprit === undefined) rescue(draft, search);
  else evict(draft, search, search.culprit, []);
}

/**
 * The base fails by itself, and what is to mend it may be among the items: one round looks for a prefix that passes, at
 * as many places as a search takes.
 */
function rescue(draft: Draft, search: Search): void {
  const { load, state } = draft;
  const all = suspects(load, state);
  const places = all.slice(0, -1).filter((item) => !search.failed?.includes(item));
  const left = load.maxProbes - state.weave.probes;
  const most = Math.min(load.probes, left, Math.ceil(Math.log2(all.length)));
  if (places.length === 0 || most <= 0) {
    giveUp(draft, search, 'base');
    return;
  }
  const count = Math.min(most, places.length);
  const upTos = Array.from(
    { length: count },
    (_, k) => places[Math.floor(((k + 1) * places.length) / (count + 1))]!,
  );
  weaveAgain(draft, state.weave.base);
  const points = [...new Set(upTos)].map((upTo): Point => ({ upTo, end: upTo, tip: undefined }));
  state.weave.search = { ...search, points, isRescue: true };
}

/** On with the first prefix that passes, up to the next one that is known to fail. */
function endRescue(draft: Draft, search: Search, failed: readonly (number | undefined)[]): void {
  const { isRescue: _, ...rest } = search;
  const upTos = (hasFailed: boolean) =>
    search.points.filter((__, point) => (failed[point] !== undefined) === hasFailed).map(({ upTo }) => upTo);
  const passed = upTos(false);
  const [first] = passed;
  if (first === undefined) {
    giveUp(draft, rest, 'base');
    return;
  }
  const ends = [...(search.failed ?? []), ...upTos(true), suspects(draft.load, draft.state).at(-1)!];
  const failing = Math.min(...ends.filter((end) => end > first));
  // Of those that pass up to there, the last: no place is looked at twice.
  const passing = passed.findLast((upTo) => upTo < failing)!;
  narrow(draft, { ...rest, passing, shown: true, failing });
}

/** Weaving in a round of the search has failed: only whom an item clashes with can lead there, and is left open. */
export function abandonRound(draft: Draft): void {
  const { search } = draft.state.weave;
  if (search?.culprit !== undefined) evict(draft, search, search.culprit, []);
}

/** Goes on with the next round, or tells what is found. */
function narrow(draft: Draft, search: Search): void {
  const { load, state } = draft;
  const { passing, failing, shown, gates, culprit } = search;
  const within = suspects(load, state).filter((item) => item > passing && item < failing);
  const between = culprit === undefined ? within : within.filter((item) => !culprit.closure.includes(item));
  // The tree of the base is known only of a weave that this version has made.
  const isFound = between.length === 0 && (shown || state.weave.baseTree === undefined);
  if (isFound) {
    if (culprit === undefined) findClash(draft, search);
    else evict(draft, search, culprit, [failing]);
    return;
  }
  const left = Math.min(load.maxProbes - state.weave.probes, culprit?.left ?? Number.POSITIVE_INFINITY);
  if (left <= 0) {
    if (culprit === undefined) giveUp(draft, search, 'limit');
    else evict(draft, search, culprit, shown ? [...between, failing] : []);
    return;
  }
  const parked = state.lanes.filter((lane) => lane.parked).length;
  const free = Math.min(parked, state.limit - lanesWithGates(state));
  const most = Math.min(load.probes, left, Math.max(1, Math.floor(free / gates.length)));
  // Each of those with a culprit on top is a chain of its own, of which a round weaves one.
  const places = probePoints(between.length, culprit === undefined ? most : 1);
  const upTos = between.length === 0 ? [-1] : places.map((place) => between[place]!);
  const points = upTos.map((upTo): Point => {
    const end = culprit?.item ?? (upTo < 0 ? failing : upTo);
    return { upTo, end, tip: undefined };
  });
  const paid = culprit && { ...culprit, left: culprit.left - 1 };
  weaveAgain(draft, state.weave.base);
  state.weave.search = { ...search, points, culprit: paid };
}

/**
 * The item that breaks the weave is found. The same search then finds the first of the others with which it fails on
 * top of its own dependencies, as far as that may cost.
 */
function findClash(draft: Draft, search: Search): void {
  const { load, state } = draft;
  const { failing: item, passing: after, gates } = search;
  const closure = closureOf(load.deps, item);
  const others = suspects(load, state).filter((other) => other < item && !closure.includes(other));
  const culprit = { item, after, closure, left: load.maxClashProbes };
  if (others.length === 0 || closure.length > MAX_CLOSURE) {
    evict(draft, search, culprit, []);
    return;
  }
  // A gate of its own has passed on it and its dependencies.
  const shown = gates.every((gate) => load.askedBy[gate] !== undefined && asks(load, state, item, gate));
  narrow(draft, { ...search, passing: -1, shown, failing: others.at(-1)!, culprit });
}

/** Beyond so many dependencies the state would grow too much for a name in the report. */
const MAX_CLOSURE = 1_000;
/** As many suspects are told; more say nothing. */
const MAX_SUSPECTS = 10;

/** The item fails with all that depends on it, and the rest is woven without them. */
function evict(
  draft: Draft,
  { gates, seen }: Search,
  { item, after }: NonNullable<Search['culprit']>,
  among: readonly number[],
): void {
  const clash = among.length > MAX_SUSPECTS ? [] : among;
  draft.events.push({ event: 'evict', item, after, clash, ...seen, at: draft.now });
  failItem(draft, item, ItemStatus.integrationFailed);
  weaveAgain(draft, draft.state.weave.base);
  if (after >= 0) draft.state.weave.known = { gates, passing: after };
}

function giveUp(draft: Draft, { whole, seen }: Search, why: 'limit' | 'base'): void {
  const { state } = draft;
  draft.events.push({ event: 'give-up', why, ...seen, at: draft.now });
  for (const item of members(state)) setItem(draft, item, ItemStatus.integrationFailed);
  state.weave.tip = whole;
  state.weave.search = undefined;
  enter(draft, 'done');
}

/** The commit that a task of verification is about, of the whole weave or of a prefix. */
export function verifiedTip(
  { weave }: Draft['state'],
  { probe }: { readonly probe: number },
): Tip | undefined {
  if (probe === 0) return weave.tip;
  const { search, base } = weave;
  const point = search?.points[probe - 1];
  const isBase = point?.upTo === -1 && search?.culprit === undefined;
  const tip = isBase ? { chain: base, linear: base } : point?.tip;
  return tip && { tree: weave.baseTree!, ...tip };
}

const probeTask = ({ load }: Draft, point: number, gate: number) =>
  load.firstProbe + point * load.askedBy.length + gate;

/** A gate that nobody in a prefix asks for is not verified there. */
function isAsked({ load, state }: Draft, gate: number, end: number): boolean {
  const asking = load.askedBy[gate];
  if (asking === undefined) return true;
  const isIn = inRound(state);
  // Also of an item that is let through without the gate: or else the blame would fall on whoever asks for it next.
  return members(state).some((item) => item <= end && isIn(item) && asking.has(item));
}
