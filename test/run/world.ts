import fc from 'fast-check';
import type { OrderedPlan } from '../../lib/plan/order';
import type { Gate, Policy } from '../../lib/plan/plan';
import { verifiedTip } from '../../lib/run/bisect';
import { decodeState, encodeState } from '../../lib/run/codec';
import type { Answer, GateResult, Input, Result, RunEvent } from '../../lib/run/messages';
import { refusalOf } from '../../lib/run/override';
import {
  ItemStatus,
  isFailure,
  isOut,
  lanesWithGates,
  newState,
  type RunState,
  TaskStatus,
  type Work,
} from '../../lib/run/state';
import { overrideRun, start, step } from '../../lib/run/step';
import { overrideOf } from '../../lib/run/waived';
import { createWorkload, type Workload } from '../../lib/run/workload';

/** A world without git and without time: what each gate, merge and landing comes to is given beforehand. */
export interface World {
  readonly deps: readonly (readonly number[])[];
  /** By item, its gates: how often each fails before it passes (99: always), and whether it blocks. */
  readonly gates: readonly (readonly { readonly failures: number; readonly blocking: boolean }[])[];
  readonly maxAttempts: number;
  readonly backoffSeconds: number;
  readonly lanes: number;
  readonly batchSize: number;
  /** Pairs of items that cannot be woven together. */
  readonly clashes: readonly (readonly [number, number])[];
  /** Items whose head moves before they land; items that add nothing. */
  readonly moved: readonly number[];
  readonly empty: readonly number[];
  /** How often somebody else moves the target just before a landing. */
  readonly targetMoves: number;
  /** Verification fails when all of these are in the weave. */
  readonly breaks: readonly number[];
  /** Also when all of these are. */
  readonly breaksToo?: readonly number[];
  /** Verification fails on the base already. */
  readonly breaksAlone?: boolean;
  /** An item with which it does not. */
  readonly mends?: number;
  /** Also: whether a gate of verification fails on these items. */
  readonly breaksGate?: (gate: string, woven: ReadonlySet<number>) => boolean;
  /** These gates are verified, whatever items require; the second one is in quarantine. */
  readonly verified?: readonly [string, string];
  /** How gates fail that do; `fail` by default. */
  readonly failsBy?: 'fail' | 'timeout';
  /** Default: 50. */
  readonly maxProbes?: number | undefined;
  /** Default: 2. */
  readonly maxClashProbes?: number;
  readonly execute: boolean;
  readonly engine: 'local' | 'aws';
  /** Default: false. */
  readonly failFast?: boolean;
  readonly speculation?: 'off' | 'deps';
}

/** What worlds have in which nothing goes wrong but what a test adds. */
export const UNTROUBLED = {
  maxAttempts: 1,
  backoffSeconds: 0,
  clashes: [],
  moved: [],
  empty: [],
  targetMoves: 0,
  breaks: [],
} as const satisfies Partial<World>;

const gateOf = (name: string): Gate => ({
  name,
  run: name,
  cwd: '.',
  env: {},
  timeoutSeconds: 1,
  runtime: 'local',
  artifacts: [],
  cache: 'tree',
});

/** The plan that a world's people have written, in order. */
export function planOf(world: World): { ordered: OrderedPlan; policy: Policy } {
  const dependents = world.deps.map((): number[] => []);
  world.deps.forEach((deps, item) => {
    for (const dep of deps) dependents[dep]!.push(item);
  });
  const ordered: OrderedPlan = {
    items: world.gates.map((gates, item) => ({
      name: `i${item}`,
      branch: `i${item}`,
      branchGiven: false,
      sha: undefined,
      deps: world.deps[item]!.map((dep) => `i${dep}`),
      gates: gates.map(({ blocking }, g) => ({ gate: gateOf(`g${g}`), required: blocking, blocking })),
    })),
    deps: world.deps,
    dependents,
    levels: [],
    criticalPath: [],
  };
  const retry = { maxAttempts: world.maxAttempts, backoffSeconds: world.backoffSeconds };
  const policy: Policy = {
    maxWorkers: world.lanes,
    mergeStrategy: 'merge',
    failFast: world.failFast,
    speculation: world.speculation,
    integration: {
      kind: 'gates',
      gates: world.verified?.map((name, k) => ({
        ...gateOf(name),
        ...(k === 1 && { flaky: 'quarantine' as const }),
      })),
      maxRetries: 2,
      maxProbes: world.maxProbes ?? 50,
      maxClashProbes: world.maxClashProbes ?? 2,
    },
    retries: new Map(['g0', 'g1', 'g2'].map((name) => [name, retry])),
    performance: {
      maxMemoryMB: undefined,
      batchSize: world.batchSize,
      cacheTTLSeconds: 1,
      enableCaching: true,
      throttleOnMemory: true,
      memoryThresholdPercent: 80,
    },
  };
  return { ordered, policy };
}

export function workloadOf(world: World): Workload {
  const { ordered, policy } = planOf(world);
  return createWorkload(ordered, policy, { execute: world.execute, gatesOnly: false, engine: world.engine });
}

/** What gates, weaving and landing come to in a world; the target is the only thing that changes. */
export function createReality(world: World, load: Workload) {
  let target = 'base';
  const { failsBy = 'fail' } = world;
  const landed = (woven: string) => `${target}/`.startsWith(`${woven}/`);
  const gateResult = (task: number, attempt: number, state: RunState, now: number): GateResult => {
    const { item, gate: asked } = load.tasks[task]!;
    const base = { kind: 'gate' as const, task, attempt, startedAt: now, endedAt: now };
    if (item < 0) {
      const woven = verifiedTip(state, load.tasks[task]!)!.chain.split('/');
      if (world.breaksGate?.(asked.name, new Set(woven.slice(1).map(Number))) === true)
        return { ...base, outcome: failsBy };
      const broken =
        (world.breaksAlone === true && !woven.includes(String(world.mends))) ||
        [world.breaks, world.breaksToo ?? []].some(
          (set) => set.length > 0 && set.every((i) => woven.includes(String(i))),
        );
      return { ...base, outcome: broken ? failsBy : 'pass' };
    }
    if (world.empty.includes(item)) return { ...base, outcome: 'empty' };
    const gate = world.gates[item]![task - load.firstTask[item]!]!;
    return { ...base, outcome: attempt > gate.failures ? 'pass' : failsBy };
  };
  const mergeResults = (work: Extract<Work, { kind: 'merge' }>): Result[] => {
    let { tip } = work;
    const out = new Set<number>();
    return work.items.flatMap((item): Result[] => {
      if (world.deps[item]!.some((dep) => out.has(dep))) {
        out.add(item);
        return [];
      }
      const common = { kind: 'merge' as const, item, onto: tip.chain, durationMs: 1 };
      if (world.empty.includes(item)) return [{ ...common, present: true, result: { kind: 'nothing' } }];
      const woven = tip.chain.split('/');
      const clash = world.clashes.some(
        ([a, b]) => (a === item && woven.includes(String(b))) || (b === item && woven.includes(String(a))),
      );
      if (clash) {
        out.add(item);
        return [{ ...common, present: false, result: { kind: 'conflict', paths: ['f'], with: [] } }];
      }
      const end = `${tip.chain}/${item}`;
      tip = { chain: end, linear: end, tree: end };
      return [{ ...common, present: false, result: { kind: 'woven', tip } }];
    });
  };
  const land = (work: Extract<Work, { kind: 'land' }>, state: RunState) => {
    if (landed(work.woven)) return { kind: 'landed' as const, synced: [], warnings: [] };
    const moved = work.items.filter((item) => world.moved.includes(item));
    if (moved.length > 0) {
      return { kind: 'head-moved' as const, moved: moved.map((item) => ({ item, now: undefined })) };
    }
    const moves = target.split('x').length - 1;
    if (moves < world.targetMoves && target === work.base) target = `${target}x`;
    if (target !== work.base) return { kind: 'target-moved' as const, now: target };
    if (state.stopping !== undefined) return { kind: 'refused' as const, message: 'cancelled' };
    target = work.woven;
    return { kind: 'landed' as const, synced: [], warnings: [] };
  };
  return {
    target: () => target,
    perform(work: Work, state: RunState, now: number): Result[] {
      if (work.kind === 'gates') return work.tasks.map((t) => gateResult(t.task, t.attempt, state, now));
      if (work.kind === 'merge') return mergeResults(work);
      if (work.kind === 'sleep') return [];
      return [{ kind: 'land', durationMs: 1, result: land(work, state) }];
    },
  };
}

export interface Outcome {
  readonly items: readonly number[];
  readonly target: string;
  /** What was broken on the way, empty when all promises held. */
  readonly violations: readonly string[];
  readonly steps: number;
  readonly stopped: boolean;
  /** Tasks that were overridden. */
  readonly overridden: readonly number[];
  readonly events: readonly RunEvent[];
}

/**
 * Runs the world to its end. `choose(n)` picks a number below n wherever the order of things is open: which
 * lane calls next, whether a message is sent twice, whether the process is killed and another one resumes.
 */
export function runWorld(
  world: World,
  choose: (n: number) => number,
  chaos: {
    readonly kills: boolean;
    readonly duplicates: boolean;
    /** Workers are lost with what they hold, twice at most. */
    readonly losses?: boolean;
    /** Somebody cancels the run at some point. */
    readonly stops?: boolean;
    /** How many gates may run at once changes all the time. */
    readonly limits?: boolean;
    /** Blocking tasks of items that somebody overrides at some point, where nothing is against it then. */
    readonly overrides?: readonly number[];
  },
): Outcome {
  const load = workloadOf(world);
  const violations: string[] = [];
  let now = 0;
  const reality = createReality(world, load);
  const { perform: act } = reality;
  let state = start(load, newState(load, world.lanes, 'base'), [], now).state;
  let inHand = new Map<number, { turn: number; work: Work }>();
  let calls: Extract<Input, { kind: 'next' }>[] = firstCalls(state);
  let past: Input[] = [];
  const told: number[] = [];
  let heard = state.lanes.map(() => 0);
  let ended = 0;
  let steps = 0;
  let lives = 5;
  let losses = 2;
  let stopped = false;
  const toOverride = [...(chaos.overrides ?? [])];

  const perform = (work: Work): Result[] => {
    if (work.kind === 'sleep') now = Math.max(now, work.until);
    return act(work, state, now);
  };
  const all: RunEvent[] = [];
  const hear = (events: readonly RunEvent[]) => {
    all.push(...events);
    for (const event of events) {
      if (event.event !== 'item') continue;
      const { item, status } = event;
      if (isOut(status) && told[item] === status) violations.push(`item ${item} ends twice`);
      told[item] = status;
    }
  };
  const apply = (inputs: readonly Input[]) => {
    steps += 1;
    const before = lanesWithGates(state);
    const given = encodeState(state);
    const taken = step(load, state, inputs, now);
    if (encodeState(state) !== given) violations.push('a step has changed the state that it was given');
    state = taken.state;
    check(load, state, world, violations);
    if (lanesWithGates(state) > Math.max(before, state.limit))
      violations.push(`a gate starts beside ${before} others, the limit is ${state.limit}`);
    hear(taken.events);
    for (const answer of taken.answers) deliver(answer);
  };
  const deliver = ({ lane, generation, turn, work }: Answer) => {
    if (generation !== state.generation || turn !== heard[lane]! + 1)
      violations.push(`lane ${lane} is answered turn ${turn} after turn ${heard[lane]}`);
    heard[lane] = turn;
    if (work.kind === 'done') ended += 1;
    else inHand.set(lane, { turn, work });
  };

  while (ended < world.lanes) {
    // What is broken already only gets longer.
    if (steps > 1_000 || violations.length > 0)
      return {
        items: [...state.items],
        target: reality.target(),
        violations: violations.length > 0 ? violations : ['no end'],
        steps,
        stopped,
        overridden: state.overrides.map(({ task }) => task),
        events: all,
      };
    if (chaos.kills && lives > 0 && choose(12) === 0) {
      lives -= 1;
      // The work in hand may have been done, its result is lost.
      for (const { work } of inHand.values()) if (choose(2) === 0) perform(work);
      state = decodeState(load, encodeState(state));
      inHand = new Map();
      heard = state.lanes.map(() => 0);
      ended = 0;
      past = [...past, ...calls];
      apply([{ kind: 'takeover', lanes: world.lanes }]);
      calls = firstCalls(state);
      continue;
    }
    const inputs: Input[] = [];
    if (chaos.duplicates && past.length > 0 && choose(4) === 0) inputs.push(past[choose(past.length)]!);
    let finishing = [...inHand.entries()].filter(() => choose(2) === 0);
    if (finishing.length === 0 && calls.length === 0) finishing = [...inHand.entries()].slice(0, 1);
    for (const [lane, { turn, work }] of finishing) {
      inHand.delete(lane);
      const lost = chaos.losses && losses > 0 && choose(3) === 0;
      if (lost) losses -= 1;
      calls.push({
        kind: 'next',
        lane,
        turn: turn + 1,
        generation: state.generation,
        ...(lost ? { results: [], lost: 'gone' } : { results: perform(work) }),
      });
    }
    if (chaos.limits && choose(3) === 0)
      inputs.push({ kind: 'limit', limit: choose(world.lanes) + 1, why: 'the load has changed' });
    if (chaos.stops && !stopped && choose(10) === 0) {
      inputs.push({ kind: 'stop', status: ItemStatus.cancelled, why: 'somebody cancelled it' });
      stopped = true;
    }
    if (toOverride.length > 0 && choose(4) === 0) {
      const task = toOverride.pop()!;
      if (refusalOf(state, load.tasks[task]!.item, task) === undefined) {
        const override = { task, user: 'somebody', reason: 'it is known', by: null, at: now };
        const overridden = overrideRun(load, state, override, []);
        state = decodeState(load, encodeState(overridden.state));
        hear(overridden.events);
        inputs.push({ kind: 'clock' });
      }
    }
    while (calls.length > 0 && (inputs.length === 0 || choose(2) === 0)) {
      inputs.push(calls.splice(choose(calls.length), 1)[0]!);
    }
    if (inHand.size === 0 && finishing.length === 0 && calls.length === 0) {
      now += 1000;
      inputs.push({ kind: 'clock' });
    }
    // Somebody who stops a run twice means something else by it.
    past.push(...inputs.filter(({ kind }) => kind !== 'stop'));
    apply(inputs);
  }
  const unfinished = [TaskStatus.ready, TaskStatus.running, TaskStatus.delayed] as number[];
  state.tasks.forEach((status, task) => {
    if (unfinished.includes(status)) violations.push(`gate ${task} is left over at the end`);
  });
  return {
    items: [...state.items],
    target: reality.target(),
    violations,
    steps,
    stopped: state.stopping !== undefined,
    overridden: state.overrides.map(({ task }) => task),
    events: all,
  };
}

function firstCalls(state: RunState): Extract<Input, { kind: 'next' }>[] {
  return state.lanes.map((_, lane) => ({
    kind: 'next',
    lane,
    turn: 1,
    generation: state.generation,
    results: [],
  }));
}

/** What must hold after every step. */
function check(load: Workload, state: RunState, world: World, violations: string[]): void {
  const running = [...state.tasks].flatMap((status, task) => (status === TaskStatus.running ? [task] : []));
  const held = state.lanes.flatMap(({ work }) => (work?.kind === 'gates' ? [work.tasks] : []));
  const inHand = held.flat().map(({ task }) => task);
  if (`${inHand.toSorted((a, b) => a - b)}` !== `${running}`)
    violations.push(`${running} run, lanes hold ${inHand}`);
  const most = load.groups ? world.batchSize : 1;
  if (held.some((tasks) => tasks.length > most)) violations.push(`a lane holds more than ${most} gates`);
  for (const task of running) {
    const { item } = load.tasks[task]!;
    for (const dep of item < 0 ? [] : load.deps[item]!) {
      const status = state.items[dep]!;
      const started = status >= ItemStatus.passed;
      if (!started && world.speculation !== 'deps')
        violations.push(`gate ${task} of item ${item} runs before its dependency ${dep} passed`);
    }
  }
  if (state.stopping !== undefined && state.phase !== 'land' && state.phase !== 'done')
    violations.push(`a run that was stopped goes on to ${state.phase}`);
  state.items.forEach((status, item) => {
    if ((status !== ItemStatus.passed && status !== ItemStatus.woven) || world.empty.includes(item)) return;
    for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++) {
      const hasPassed = state.tasks[task] === TaskStatus.passed || overrideOf(state, task) !== undefined;
      if (load.tasks[task]!.blocking && !hasPassed) violations.push(`item ${item} passed without ${task}`);
    }
  });
  const idle = state.lanes.some((lane) => lane.parked) && lanesWithGates(state) < state.limit;
  const ready = state.tasks.some((status, task) => {
    const { item } = load.tasks[task]!;
    // How many of those that run ahead may run is for the window to say.
    return status === TaskStatus.ready && (item < 0 || state.items[item] !== ItemStatus.waiting);
  });
  if (idle && ready) violations.push('a lane is idle while a gate is ready');
  const waits = state.tasks.includes(TaskStatus.ready) || state.tasks.includes(TaskStatus.delayed);
  if (load.failFast && waits && state.items.some(isFailure))
    violations.push('a gate may start after a failure');
  state.items.forEach((status, item) => {
    if (status !== ItemStatus.woven) return;
    for (const dep of load.deps[item]!) {
      if (isOut(state.items[dep]!)) violations.push(`item ${item} is woven though ${dep} is out`);
    }
  });
}

/** Random worlds, small enough to shrink well, with everything that can go wrong in them. */
export const worlds: fc.Arbitrary<World> = fc.integer({ min: 0, max: 9 }).chain((size) => {
  const items = fc.subarray([...Array(size).keys()]);
  const rarely = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: items });
  const gate = fc.record({
    failures: fc.constantFrom(0, 0, 0, 0, 1, 2, 99),
    blocking: fc.constantFrom(true, true, true, false),
  });
  return fc.record({
    deps: fc.tuple(
      ...Array.from({ length: size }, (_, item) =>
        fc.subarray([...Array(item).keys()], { maxLength: Math.min(item, 3) }),
      ),
    ),
    gates: fc.array(fc.array(gate, { maxLength: 3 }), { minLength: size, maxLength: size }),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
    backoffSeconds: fc.constantFrom(0, 0, 5),
    lanes: fc.integer({ min: 1, max: 4 }),
    batchSize: fc.constantFrom(1, 2, 50),
    clashes:
      size < 2 ? fc.constant([]) : fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 2 }),
    moved: rarely,
    empty: rarely,
    targetMoves: fc.constantFrom(0, 0, 1, 2, 3),
    breaks: rarely,
    speculation: fc.constantFrom('off' as const, 'deps' as const),
    breaksAlone: fc.constantFrom(false, false, false, true),
    ...(size === 0 ? {} : { mends: fc.nat(size - 1) }),
    maxProbes: fc.constantFrom(0, 1, 50),
    execute: fc.boolean(),
    engine: fc.constantFrom('local' as const, 'aws' as const),
  });
});
