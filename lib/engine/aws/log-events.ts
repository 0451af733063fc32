import { itemEnds } from '../../run/item-end';
import type { RunEvent } from '../../run/messages';
import { ItemStatus, type RunState } from '../../run/state';
import { log } from './function-log';
import type { RunContext } from './run-context';

/** Logs what a commit of a run has decided, a line an event: those of the local engine, and what lanes lose. */
export function logEvents(run: RunContext, state: RunState, events: readonly RunEvent[]): void {
  for (const event of events) {
    logEvent(run, event);
    for (const { item, status, reason } of itemEnds(event, state)) {
      const end = { item: run.names[item], status, reason };
      const { execute } = run.record;
      log.info('item-end', `item ${end.item} ${status}`, execute ? end : { ...end, dryRun: true });
    }
  }
}

function logEvent(run: RunContext, event: RunEvent): void {
  switch (event.event) {
    case 'start': {
      const { lane, attempt } = event;
      const gate = gateOf(run, event.task);
      log.info('gate-start', `gate ${gate.gate} is handed out`, { ...gate, attempt, lane });
      return;
    }
    case 'result':
      if (event.kind === 'gate') logGate(run, event);
      return;
    case 'retry': {
      const gate = gateOf(run, event.task);
      log.info('gate-retry', `gate ${gate.gate} is tried again`, { ...gate, attempt: event.attempt });
      return;
    }
    case 'phase': {
      const { phase, round, base } = event;
      log.info('phase', `phase ${phase}, weave ${round}`, { phase, round, base });
      return;
    }
    case 'give-back': {
      const gate = gateOf(run, event.task);
      log.info('gate-back', `gate ${gate.gate} was not begun`, { ...gate, lane: event.lane });
      return;
    }
    case 'lost':
      log.warn('lane-lost', `lane ${event.lane} was lost with its work`, {
        lane: event.lane,
        why: event.why,
      });
      return;
    case 'override': {
      const { user, reason, by } = event;
      const gate = gateOf(run, event.task);
      log.warn('override', `gate ${gate.gate} counts as passed`, { ...gate, user, reason, by });
      return;
    }
    case 'pause':
      log.warn('pause', 'the landing of the run is paused', { why: event.why });
      return;
    case 'unpause':
      log.info('unpause', 'the landing of the run is no longer paused');
      return;
    case 'hold': {
      const until = event.until === null ? null : new Date(event.until).toISOString();
      log.info('hold', 'the landing waits', { until, why: event.why });
      return;
    }
    case 'stop': {
      const status = event.status === ItemStatus.cancelled ? 'cancelled' : 'failed';
      log.warn('stop', 'the run is ended before its time', { status, why: event.why });
      return;
    }
    case 'item':
      return;
  }
}

type Gate = Extract<RunEvent, { kind: 'gate' }>;

function logGate(run: RunContext, { task, attempt, lane, outcome, cached = false, ...rest }: Gate): void {
  const gate = gateOf(run, task);
  const ran = outcome === 'pass' || outcome === 'fail' || outcome === 'timeout';
  const { exitCode, signal, note, startedAt, endedAt } = rest;
  log.info('gate-end', `gate ${gate.gate}: ${outcome}`, {
    ...gate,
    status: ran ? outcome : 'skipped',
    ms: endedAt - startedAt,
    cached,
    attempt,
    lane,
    ...(ran ? { exitCode, signal, note } : { why: outcome }),
  });
}

/** Whose gate a task is; an item of null is the woven commit. */
function gateOf({ load, names }: RunContext, index: number): { item: string | null; gate: string } {
  const { item, gate } = load.tasks[index]!;
  return { item: item < 0 ? null : names[item]!, gate: gate.name };
}
