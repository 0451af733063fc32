import type { Usage } from '../../cost/usage';
import type { Gate } from '../../plan/plan';
import type { GateResult, RunEvent } from '../../run/messages';
import type { RunState } from '../../run/state';
import type { CommittedEvents } from '../../run/store';
import type { Workload } from '../../run/workload';
import type { RunContext } from './run-context';

/** What came of a turn of a lane. */
interface Turn {
  readonly kind: keyof Usage['turns'];
  /** The work was lost with its worker. */
  readonly isLost: boolean;
  /** That ran in a function. */
  readonly gates: number;
  readonly gateSeconds: number;
  readonly buildMinutes: number;
}

/**
 * What a run has done, by what its store has of it: the same whenever it is asked once the run is at its end.
 * @param version of the state
 * @param endedAt milliseconds since the epoch
 */
export function usageOf(
  { load }: RunContext,
  state: RunState,
  version: number,
  commits: readonly CommittedEvents[],
  endedAt: number,
): Usage {
  const turns = turnsOf(load, commits);
  const events = commits.flatMap((commit) => commit.events);
  const count = (kind: Turn['kind'], isLost = false) =>
    turns.filter((turn) => turn.kind === kind && turn.isLost === isLost).length;
  return {
    items: load.deps.length,
    lanes: state.lanes.length,
    executions: state.generation,
    seconds: (endedAt - (events.find((event) => event.event === 'start')?.at ?? endedAt)) / 1000,
    commits: version,
    turns: {
      gate: count('gate'),
      // As if they had not been lost: what that adds is a state or two.
      build: count('build') + count('build', true),
      check: count('check') + count('check', true),
      settled: count('settled'),
      merge: count('merge'),
      // One lane waits for the end of the first of several backoffs: at most so many.
      sleep: events.filter(({ event }) => event === 'retry').length,
    },
    lost: { gate: count('gate', true), merge: count('merge', true) },
    gates: sum(turns.map((turn) => turn.gates)),
    gateSeconds: sum(turns.map((turn) => turn.gateSeconds)),
    buildMinutes: sum(turns.map((turn) => turn.buildMinutes)),
    packs: packsOf(load, events),
    series: seriesOf(load, events),
  };
}

/** A commit takes in one turn of a lane at most; all that came of it is in there. */
function turnsOf(load: Workload, commits: readonly CommittedEvents[]): Turn[] {
  /** By lane, which gate it has. */
  const held = new Map<number, Start>();
  return commits.flatMap(({ events }) => {
    const ended = Map.groupBy(
      events.filter((event) => event.event === 'result' || event.event === 'lost'),
      ({ lane }) => lane,
    );
    const turns = [...ended].map(([lane, of]) => turnOf(load, of, held.get(lane)));
    for (const lane of ended.keys()) held.delete(lane);
    // What is handed out is so by the end of a commit.
    for (const event of events) if (event.event === 'start') held.set(event.lane, event);
    return turns;
  });
}

type Start = Extract<RunEvent, { readonly event: 'start' }>;
type Ended = Extract<RunEvent, { readonly event: 'result' | 'lost' }>;

function turnOf(load: Workload, events: readonly Ended[], start: Start | undefined): Turn {
  const lost = events.find((event) => event.event === 'lost');
  if (lost !== undefined && start !== undefined)
    return { ...turnWith(kindOf(load, start), [(lost.at - start.at) / 1000]), isLost: true };
  if (lost !== undefined) return { ...turnWith('merge', []), isLost: true };
  if (!events.some(isGate)) return turnWith('merge', []);
  const ran = events.filter(isGate).filter(hasRun);
  const [kind = 'settled'] = ran.map((result) => kindOf(load, result));
  // What is billed of a build begins before its command does.
  const from = (startedAt: number) => (kind === 'build' ? (start?.at ?? startedAt) : startedAt);
  return turnWith(
    kind,
    ran.map(({ startedAt, endedAt }) => (endedAt - from(startedAt)) / 1000),
  );
}

/** @param seconds that each of its gates took */
const turnWith = (kind: Turn['kind'], seconds: readonly number[]): Turn => ({
  kind,
  isLost: false,
  gates: kind === 'gate' ? seconds.length : 0,
  gateSeconds: kind === 'gate' ? sum(seconds) : 0,
  // Each build is billed by the minutes that it has begun.
  buildMinutes: kind === 'build' ? sum(seconds.map((each) => Math.ceil(each / 60))) : 0,
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

type GateEvent = Ended & GateResult;

const isGate = (event: RunEvent): event is GateEvent => event.event === 'result' && event.kind === 'gate';

const hasRun = ({ cached, outcome }: GateEvent) =>
  !cached && (outcome === 'pass' || outcome === 'fail' || outcome === 'timeout');

const gateOf = ({ tasks }: Workload, { task }: Pick<Start, 'task'>): Gate => tasks[task]!.gate;

const kindOf = (load: Workload, of: Pick<Start, 'task'>) => KINDS[gateOf(load, of).runtime];

/** What a turn is for in which a gate of this runtime runs. */
const KINDS: Readonly<Record<Gate['runtime'], 'gate' | 'build' | 'check'>> = {
  local: 'gate',
  container: 'build',
  'ci-service': 'check',
};

/** What builds were run on: each is packed once. */
function packsOf(load: Workload, events: readonly RunEvent[]): number {
  const built = events.filter(isGate).filter((result) => hasRun(result) && kindOf(load, result) === 'build');
  return new Set(built.map(({ candidate }) => candidate)).size;
}

/** Metrics that every run sends, without those of gates and of items that failed. */
const ALWAYS = 12;

/** Metrics with their dimensions, each of which CloudWatch counts as one. */
function seriesOf(load: Workload, events: readonly RunEvent[]): number {
  const gates = events.filter(isGate).filter(hasRun);
  return ALWAYS + new Set(gates.map((result) => `${gateOf(load, result).name} ${result.outcome}`)).size;
}
