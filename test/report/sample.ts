import type { Report, ReportGate, ReportItem } from '../../lib/report/report';

/** Reports for tests. Times are seconds after T0. */

const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);
export const at = (seconds: number) => new Date(T0 + Math.round(seconds * 1000)).toISOString();
const sha = (digit: string) => digit.repeat(40);

/** A gate that passed on lane 0 from second 0 to 1. */
export function gate(given: Partial<ReportGate> = {}): ReportGate {
  return {
    name: 'test',
    required: true,
    blocking: true,
    quarantined: false,
    status: 'pass',
    attempts: 1,
    flaky: false,
    cached: false,
    lane: 0,
    startedAt: at(0),
    endedAt: at(1),
    exitCode: 0,
    signal: null,
    log: 'logs/x/test.log',
    artifacts: [],
    note: null,
    override: null,
    ...given,
  };
}

export const executions = (given: Partial<NonNullable<Report['executions']>>) => ({
  ran: 0,
  failed: 0,
  triedAgain: 0,
  quarantined: 0,
  overridden: 0,
  cached: 0,
  seconds: 0,
  ...given,
});

/** A gate that ran in a span of seconds on a lane. */
export const ran = (lane: number, start: number, end: number, given: Partial<ReportGate> = {}) =>
  gate({ lane, startedAt: at(start), endedAt: at(end), ...given });

/** A merged item. */
export function item(name: string, given: Partial<ReportItem> = {}): ReportItem {
  return {
    name,
    branch: name,
    deps: [],
    status: 'merged',
    reason: null,
    blockedBy: null,
    path: [],
    head: sha('a'),
    candidate: sha('b'),
    mergeCommit: sha('c'),
    readyAt: at(0),
    startedAt: at(0),
    endedAt: at(1),
    gates: [],
    ...given,
  };
}

export const failed = (name: string, reason: string, given: Partial<ReportItem> = {}) =>
  item(name, { status: 'failed', reason, mergeCommit: null, ...given });

/** @param path from the item to the one that failed */
export const blocked = (path: readonly string[]) =>
  item(path[0]!, {
    status: 'blocked',
    reason: `blocked: ${path.join(' → ')}`,
    blockedBy: path.at(-1)!,
    path: [...path],
    mergeCommit: null,
    readyAt: null,
    startedAt: null,
  });

export function report(items: readonly ReportItem[], given: Partial<Report> = {}): Report {
  return {
    schemaVersion: 'v1',
    runId: 'run-1',
    status: 'merged',
    dryRun: false,
    gatesOnly: false,
    engine: 'local',
    target: { ref: 'refs/heads/main', before: sha('1'), after: sha('2') },
    integration: null,
    maxWorkers: 2,
    startedAt: at(0),
    endedAt: at(10),
    cache: {},
    metrics: {},
    warnings: [],
    items: [...items],
    ...given,
  };
}

/** Something of everything. */
export function fullReport(): Report {
  return report(
    [
      item('base', { gates: [ran(0, 0, 2, { log: 'logs/base/test.log' })] }),
      item('flaky', {
        gates: [ran(1, 0, 3, { attempts: 2, flaky: true }), gate({ name: 'lint', cached: true, lane: null })],
      }),
      failed('api', 'gate-failed: test exited with 1, see logs/api/test.log', {
        deps: ['base'],
        gates: [
          ran(0, 2, 4, { status: 'fail', exitCode: 1, log: 'logs/api/test.log' }),
          ran(1, 3, 5, {
            name: 'slow',
            status: 'timeout',
            exitCode: null,
            signal: 'SIGKILL',
            note: 'timed out after 2 s',
          }),
        ],
      }),
      {
        ...blocked(['web', 'api']),
        deps: ['api'],
        gates: [
          gate({
            status: 'skipped',
            attempts: 0,
            lane: null,
            startedAt: null,
            endedAt: null,
            exitCode: null,
            log: null,
          }),
        ],
      },
      { ...blocked(['app', 'web', 'api']), deps: ['web'] },
      item('old', { reason: 'nothing to do: main holds this change already', mergeCommit: null }),
    ],
    {
      status: 'partial',
      executions: executions({ ran: 6, failed: 3, triedAgain: 1, cached: 1, seconds: 11 }),
      integration: {
        ref: 'refs/heads/integration/main/run-1',
        commit: sha('2'),
        tree: sha('3'),
        gates: [ran(0, 6, 8, { log: 'logs/integration/test.log' })],
      },
      cache: { 'merge-order': { hits: 1, misses: 3, expired: 0, size: 3, hitRate: 0.25 } },
      metrics: { active_workers: { type: 'gauge', help: 'Workers at work.', value: 0, max: 2, values: [] } },
      warnings: ['landed, but a work tree is not updated'],
    },
  );
}

/** Text that tries to get out of every rendering. */
export const HOSTILE = [
  'a|b',
  'a\\|b',
  '`tick`` ```',
  'line\nbreak\r\n# heading',
  '<img src=x onerror=alert(1)>',
  '@someone #1 [link](https://example.com)',
  '\x1b[31mred\x1b[0m\x07\x9b2J',
  '\u202egnp.exe\u2028next',
  ' ',
  '-->',
];
