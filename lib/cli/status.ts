import { runningRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { refuse } from '../errors';
import { orderPlan } from '../plan/order';
import { openHome } from '../repository/home';
import { decodeState } from '../run/codec';
import { decodeRecord } from '../run/record';
import { openSqliteStore } from '../run/sqlite-store';
import { ItemStatus, isFailure, type RunState } from '../run/state';
import type { StoredRun } from '../run/store';
import { createWorkload } from '../run/workload';
import type { Io } from './io';
import { recorded } from './recorded';

export interface RunStatus {
  readonly runId: string;
  /** `cancelling`: it is to end, and nothing of it lands, unless its landing is faster. */
  readonly status: 'running' | 'interrupted' | 'cancelling' | 'cancelled' | 'ended';
  /** Whether a process carries it now. */
  readonly alive: boolean;
  readonly phase: RunState['phase'];
  readonly dryRun: boolean;
  readonly target: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly artifactFolder: string;
  readonly items: Readonly<
    Record<'total' | 'waiting' | 'open' | 'passed' | 'woven' | 'failed' | 'blocked', number>
  >;
  /** What runs now, `item: gate`. */
  readonly running: readonly string[];
}

/** `lex-pr status`. @returns the exit code */
export async function status(
  id: string | undefined,
  options: { readonly json?: boolean },
  io: Io,
): Promise<number> {
  const found = await readStatus(await openHome(io.cwd), id);
  io.stdout.write(options.json ? `${JSON.stringify(found)}\n` : inWords(found));
  return 0;
}

async function readStatus(home: string, id: string | undefined): Promise<RunStatus> {
  const store = openSqliteStore(stateFile(home));
  try {
    const runs = await store.list();
    const run = id === undefined ? runs[0] : runs.find((known) => known.id === id);
    if (run === undefined) {
      throw id === undefined
        ? refuse('no-runs', 'there has been no run here', 'start one with lex-pr merge')
        : refuse(
            'unknown-run',
            `there is no run ${id} here`,
            `runs: ${runs.map((known) => known.id).join(', ')}`,
          );
    }
    const stored = await store.read(run.id);
    const { record, ordered, load, state } = recorded(run.id, () => {
      const record = decodeRecord(run.record);
      const ordered = orderPlan(record.plan);
      const load = createWorkload(ordered, record.plan.policy, record);
      return { record, ordered, load, state: decodeState(load, stored.state) };
    });
    const alive = run.endedAt === undefined && runningRun(home) === run.id;
    return {
      runId: run.id,
      status: statusOf(run, state, alive),
      alive,
      phase: state.phase,
      dryRun: !record.execute,
      target: record.plan.target,
      startedAt: new Date(record.startedAt).toISOString(),
      endedAt: run.endedAt === undefined ? null : new Date(run.endedAt).toISOString(),
      artifactFolder: record.artifactFolder,
      items: countItems(state),
      running: state.lanes.flatMap(({ work }) =>
        work?.kind === 'gates'
          ? work.tasks.map(({ task }) => {
              const { item, gate } = load.tasks[task]!;
              return `${item < 0 ? 'integration' : ordered.items[item]!.name}: ${gate.name}`;
            })
          : [],
      ),
    };
  } finally {
    await store.close();
  }
}

function statusOf({ endedAt }: StoredRun, { stopping }: RunState, alive: boolean): RunStatus['status'] {
  if (stopping === ItemStatus.cancelled) return endedAt === undefined ? 'cancelling' : 'cancelled';
  if (endedAt !== undefined) return 'ended';
  return alive ? 'running' : 'interrupted';
}

function countItems({ items }: RunState): RunStatus['items'] {
  const count = (matches: (status: number) => boolean) => items.filter(matches).length;
  return {
    total: items.length,
    waiting: count((s) => s === ItemStatus.waiting),
    open: count((s) => s === ItemStatus.open),
    passed: count((s) => s === ItemStatus.passed),
    woven: count((s) => s === ItemStatus.woven || s === ItemStatus.present),
    failed: count(isFailure),
    blocked: count((s) => s === ItemStatus.blocked),
  };
}

function inWords(run: RunStatus): string {
  const { items } = run;
  const counts = (['waiting', 'open', 'passed', 'woven', 'failed', 'blocked'] as const)
    .filter((key) => items[key] > 0)
    .map((key) => `${items[key]} ${key}`);
  const lines = [
    `run ${run.runId}: ${run.status}${run.endedAt === null ? ` (${run.phase})` : ''}${run.dryRun ? ', dry run' : ''}`,
    `  target    ${run.target}`,
    `  started   ${run.startedAt}${run.endedAt === null ? '' : `, ended ${run.endedAt}`}`,
    `  items     ${items.total}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
    ...run.running.map((what) => `  running   ${what}`),
    `  files     ${run.artifactFolder}`,
    ...(run.endedAt === null && !run.alive ? [`  go on     lex-pr resume ${run.runId}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
