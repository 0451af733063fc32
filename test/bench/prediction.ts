import { learnDurations, openDurations, readForecasts } from '../../lib/engine/durations';
import { MemoryStore } from '../../lib/performance/memory-store';
import { orderPlan } from '../../lib/plan/order';
import { criticalPath } from '../../lib/prediction/critical-path';
import { expectedLengths, type Forecasts } from '../../lib/prediction/forecast';
import { predictRun } from '../../lib/prediction/prediction';
import type { RunEvent } from '../../lib/run/messages';
import { createWorkload, type Workload } from '../../lib/run/workload';
import { virtualRun } from '../support/virtual-run';
import { layeredPlan, normal, type Random, randomFrom } from './layered-plan';
import { type Bench, type Row, ratio } from './row';

const ITEMS = 200;
const PAST_RUNS = 5;
const SEEDS = 31;

/** What gates take, in ms, from item to item. */
const TAILS: Readonly<Record<string, (random: Random) => number>> = {
  'log-normal': (random) => 30_000 * Math.exp(1.2 * normal(random)),
  Pareto: (random) => Math.min(10_000 * (1 - random()) ** (-1 / 1.3), 3_600_000),
};
/** And from run to run: within a third, mostly; one in fifty takes eight times as long. */
const inRun = (random: Random, usual: number) =>
  Math.round(usual * Math.exp(0.2 * normal(random)) * (random() < 0.02 ? 8 : 1));

/** All in virtual time, with the coordinator itself: how busy the machine is makes no difference. */
export const prediction: Bench = {
  name: 'prediction',
  about: `Makespans of ${ITEMS} items in random layers with heavy-tailed durations, in virtual time, with so many lanes that critical path and work ÷ lanes are about as long: the bound is the longer of both. Warm: after ${PAST_RUNS} runs, in which durations vary as in the run that is measured. A plan a run, ${SEEDS} or more.`,
  async measure(runs) {
    const rows: Row[] = [];
    for (const [name, tail] of Object.entries(TAILS)) {
      const found: Measured[] = [];
      for (let seed = 1; seed <= Math.max(runs, SEEDS); seed += 1) found.push(await measurePlan(seed, tail));
      const side = (of: keyof Measured) => found.map((each) => each[of] / 1000);
      const pair = (ours: keyof Measured, theirs: keyof Measured, peer: string, limit?: number) =>
        ratio(
          `${name}, ${ours}, against ${peer}`,
          { ours: side(ours), theirs: side(theirs), unit: 's', peer },
          limit,
        );
      rows.push(
        pair('warm', 'bound', 'the bound', 1.1),
        pair('warm', 'first in, first out', 'first in, first out', 0.95),
        pair('cold', 'first in, first out', 'first in, first out', 1),
        pair('cold', 'bound', 'the bound'),
        pair('first in, first out', 'bound', 'the bound'),
        pair('durations known', 'bound', 'the bound'),
        pair('predicted makespan', 'warm', 'the run'),
      );
    }
    return rows;
  },
};

/** In ms. */
interface Measured {
  readonly bound: number;
  readonly cold: number;
  readonly warm: number;
  readonly 'first in, first out': number;
  readonly 'durations known': number;
  readonly 'predicted makespan': number;
}

async function measurePlan(seed: number, tail: (random: Random) => number): Promise<Measured> {
  const random = randomFrom(seed);
  const { items, policy } = layeredPlan(random, ITEMS);
  const ordered = orderPlan({ items });
  const names = ordered.items.map(({ name }) => name);
  const run = { execute: true, gatesOnly: true, engine: 'local' } as const;
  const loadWith = (forecasts: Forecasts) => createWorkload(ordered, policy, run, expectedLengths(forecasts));
  const cold = loadWith(() => undefined);
  const usual = names.map(() => tail(random));

  const durations = openDurations(policy.performance, new MemoryStore());
  for (let past = 0; past < PAST_RUNS; past += 1)
    await learnDurations(durations, cold, names, passes(usual.map((ms) => inRun(random, ms))));
  const forecasts = await readForecasts(durations, ordered, policy);
  const warm = loadWith(forecasts);

  const lengths = usual.map((ms) => inRun(random, ms));
  const path = criticalPath(cold, lengths).reduce((sum, task) => sum + lengths[task]!, 0);
  const work = lengths.reduce((sum, ms) => sum + ms, 0);
  const lanes = Math.max(2, Math.round(work / path));
  const known = loadWith((_, item) => ({ window: [lengths[names.indexOf(item!)]!], from: 'own' }));
  return {
    bound: Math.max(path, work / lanes),
    cold: virtualRun(cold, lanes, lengths),
    warm: virtualRun(warm, lanes, lengths),
    'first in, first out': firstInFirstOut(cold, lanes, lengths),
    'durations known': virtualRun(known, lanes, lengths),
    'predicted makespan':
      1000 * predictRun(warm, ordered, policy.performance, forecasts, lanes).makespanSeconds!,
  };
}

const passes = (lengths: readonly number[]): RunEvent[] =>
  lengths.map((ms, task) => ({
    ...({ event: 'result', kind: 'gate', task, attempt: 1, outcome: 'pass' } as const),
    ...{ startedAt: 0, endedAt: ms, lane: 0, round: 1 },
  }));

/** Gates start in the order in which they could: of one gate an item. */
function firstInFirstOut({ deps, dependents }: Workload, lanes: number, lengths: readonly number[]): number {
  const unmet = deps.map(({ length }) => length);
  const line = deps.flatMap(({ length }, item) => (length === 0 ? [item] : []));
  let running: { readonly item: number; readonly at: number }[] = [];
  let now = 0;
  while (line.length > 0 || running.length > 0) {
    while (running.length < lanes && line.length > 0) {
      const item = line.shift()!;
      running.push({ item, at: now + lengths[item]! });
    }
    now = Math.min(...running.map(({ at }) => at));
    const ended = running.filter(({ at }) => at === now);
    running = running.filter(({ at }) => at > now);
    for (const { item } of ended)
      for (const dependent of dependents[item]!) {
        unmet[dependent]! -= 1;
        if (unmet[dependent] === 0) line.push(dependent);
      }
  }
  return now;
}
