import { brotliCompressSync, constants } from 'node:zlib';
import type { Coefficients } from '../../lib/cost/coefficients';
import type { Usage } from '../../lib/cost/usage';
import { createContext, type RunContext } from '../../lib/engine/aws/run-context';
import { usageOf } from '../../lib/engine/aws/run-usage';
import { loadPlan } from '../../lib/plan/load';
import { encodeState } from '../../lib/run/codec';
import type { Result } from '../../lib/run/messages';
import { newState, type Work } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import type { CommittedEvents } from '../../lib/run/store';

/** A run of items in stacks of five, each with one gate that passes. */
export interface Scenario {
  readonly items: number;
  readonly lanes: number;
  readonly gateSeconds: number;
  /** Part of the items whose gate has passed before on the same content, 0 to 1. */
  readonly remembered: number;
}

export interface Simulated {
  readonly usage: Usage;
  /** Of the state's row, compressed as it is stored, on an average over the run. */
  readonly stateBytes: number;
}

const STACK = 5;
const sha = (n: number) => n.toString(16).padStart(40, '0');

/**
 * Takes a run to its end by the coordinator itself, in a time of its own: what there is to do takes as long as
 * `seconds` say, and each turn is a commit.
 */
export function simulate(scenario: Scenario, seconds: Coefficients['seconds']): Simulated {
  const run = contextOf(scenario);
  const { load, record } = run;
  let { state } = start(load, newState(load, scenario.lanes, record.base), [], 0);
  const commits: CommittedEvents[] = [];
  const states: number[] = [];
  const due = Array.from(
    { length: scenario.lanes },
    (_, lane): Due => ({ at: 0, lane, turn: 1, results: [] }),
  );
  let now = 0;
  for (let next = takeFirst(due); next !== undefined; next = takeFirst(due)) {
    const { lane, turn, results } = next;
    now = next.at + seconds.next! * 1000;
    const taken = step(load, state, [{ kind: 'next', lane, generation: 1, turn, results }], now);
    state = taken.state;
    commits.push({ version: commits.length + 2, events: taken.events });
    if (commits.length % Math.ceil(scenario.items / SAMPLES) === 0)
      states.push(storedBytes(encodeState(state)));
    for (const { lane, turn, work } of taken.answers)
      if (work.kind !== 'done')
        due.push({ lane, turn: turn + 1, ...perform(run, scenario, seconds, work, now) });
  }
  const stateBytes = Math.round(states.reduce((sum, bytes) => sum + bytes, 0) / states.length);
  return { usage: usageOf(run, state, commits.length + 1, commits, now), stateBytes };
}

/** How often the size of the state is looked at, about. */
const SAMPLES = 20;

/** A call of `next` that is to be made. */
interface Due {
  readonly at: number;
  readonly lane: number;
  readonly turn: number;
  readonly results: readonly Result[];
}

function takeFirst(due: Due[]): Due | undefined {
  let first = 0;
  for (const [k, { at }] of due.entries()) if (at < due[first]!.at) first = k;
  return due.splice(first, 1)[0];
}

/** A run on AWS as its functions see it. */
export function contextOf({ items, lanes }: Scenario): RunContext {
  const name = (item: number) => `change-${String(item).padStart(5, '0')}`;
  const document = {
    schemaVersion: 'v1',
    repository: 'https://git.example/shop.git',
    target: 'main',
    gates: [{ name: 'test', run: 'make test' }],
    policy: { maxWorkers: lanes },
    items: Array.from({ length: items }, (_, k) => ({
      name: name(k),
      deps: k % STACK === 0 ? [] : [name(k - 1)],
    })),
  };
  const plan = loadPlan(JSON.stringify(document), { file: '', cwd: '/', defaultRepository: '/' });
  const record = {
    id: 'run',
    plan,
    execute: true,
    engine: 'aws' as const,
    gatesOnly: false,
    lanes,
    artifactFolder: '',
    startedAt: 0,
    base: sha(1),
    heads: plan.items.map((_, k) => ({ ref: null, sha: sha(k + 2) })),
    outdated: [],
    committer: { name: 'lex-pr', email: 'lex-pr@localhost' },
  };
  const lengths = plan.items.map(() => [1]);
  const candidates = record.heads.map(({ sha: tree }, k) => {
    const commit = sha(k + 1_000_000_000);
    return { kind: 'clean' as const, commit, tree, empty: false };
  });
  return createContext(record, { candidates, lengths, order: { cached: false, seconds: 0 } });
}

/** What comes of work, and when. */
function perform(
  { load }: RunContext,
  { gateSeconds, remembered }: Scenario,
  seconds: Coefficients['seconds'],
  work: Work,
  now: number,
): Pick<Due, 'at' | 'results'> {
  const [gate, merge] = [seconds.gate! * 1000, seconds.merge! * 1000];
  if (work.kind === 'gates') {
    let at = now;
    const results = work.tasks.map(({ task, attempt }): Result => {
      const { item } = load.tasks[task]!;
      const cached = item >= 0 && Math.floor((item + 1) * remembered) > Math.floor(item * remembered);
      // A function is started for the first that runs.
      const startedAt = cached || at > now ? at : now + gate;
      at = cached ? at : startedAt + gateSeconds * 1000;
      return { kind: 'gate', task, attempt, outcome: 'pass', startedAt, endedAt: at, cached };
    });
    return { at, results };
  }
  return { at: now + merge, results: performMerge(work, merge) };
}

/** What comes of work with the repository. */
export function performMerge(work: Work, durationMs: number): Result[] {
  if (work.kind === 'merge') {
    const woven = (item: number): Result => {
      const tip = { chain: sha(item + 3), linear: sha(item + 3), tree: sha(item + 4) };
      return { kind: 'merge', item, present: false, durationMs, result: { kind: 'woven', tip } };
    };
    return work.items.map(woven);
  }
  if (work.kind !== 'land') throw new Error(`nobody asks for ${work.kind} here`);
  const landed = { kind: 'landed', synced: [], warnings: [] } as const;
  return [{ kind: 'land', durationMs, result: landed }];
}

/** As `lib/run/dynamodb/text.ts` stores it, with the row's other attributes. */
const storedBytes = (text: string) =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length + 120;
