import type { Report, ReportGate, ReportItem } from './report';

/** What the renderings of a report have in common: pure readings of it. */

export type ItemStatus = ReportItem['status'];

/** What needs a person first, comes first. */
export const BY_URGENCY: readonly ItemStatus[] = ['failed', 'blocked', 'cancelled', 'skipped', 'merged'];

/** A gate that ended badly, and whose it is: null for the woven commit. */
export interface FailedGate {
  readonly item: string | null;
  readonly gate: ReportGate;
  /** It ran on the weave with the item, not on the item alone. */
  readonly onWeave?: true;
}

/** Items of one status, in merge order. */
export function withStatus(report: Report, status: ItemStatus): readonly ReportItem[] {
  return report.items.filter((item) => item.status === status);
}

/** Items that are merged without a change, since the target or an item before them makes it. */
export const alreadyThere = ({ items, gatesOnly }: Pick<Report, 'items' | 'gatesOnly'>) =>
  gatesOnly ? [] : items.filter(isThere);

export const isThere = ({ status, reason }: Pick<ReportItem, 'status' | 'reason'>): boolean =>
  status === 'merged' && reason !== null;

/** Gates that failed or timed out, optional ones too; first those on the weave with an item that breaks it. */
export function failedGates(report: Report): readonly FailedGate[] {
  const evicted = report.items.flatMap(({ name, eviction }): FailedGate[] =>
    eviction ? [{ item: name, gate: eviction.gate, onWeave: true }] : [],
  );
  const failed = allGates(report).filter(({ gate }) => gate.status === 'fail' || gate.status === 'timeout');
  return [...evicted, ...failed];
}

/** Gates that passed only after a failed attempt. */
export function flakyGates(report: Report): readonly FailedGate[] {
  return allGates(report).filter(({ gate }) => gate.flaky);
}

/** Gates that somebody has answered for, with what was said. */
export function overriddenGates(report: Report) {
  return allGates(report).flatMap(({ item, gate }) =>
    gate.override ? [{ item, gate, override: gate.override }] : [],
  );
}

/** Every gate of the items in merge order, then those of the woven commit. */
export function allGates(report: Report): readonly FailedGate[] {
  return [
    ...report.items.flatMap((item) => item.gates.map((gate) => ({ item: item.name, gate }))),
    ...(report.integration?.gates ?? []).map((gate) => ({ item: null, gate })),
  ];
}

export interface Timings {
  readonly makespanMs: number;
  /** What ran, all in all; undefined in a report of a version before. */
  readonly executions: Report['executions'];
  /** Part of the run for which the lanes were busy with that, 0 to 1; undefined for an empty run. */
  readonly utilisation: number | undefined;
  readonly slowest: readonly (FailedGate & { readonly ms: number })[];
}

/** Numbers of executions in words, without what is none; their failures add up to all that failed. */
export function executionsInWords({ executions }: Pick<Report, 'executions'>) {
  if (executions === undefined) return undefined;
  const { ran, cached, failed, triedAgain, quarantined, overridden } = executions;
  const bad = failed - triedAgain - quarantined - overridden;
  const said = (number: number, words: string) => (number > 0 ? `${number} ${words}` : '');
  return {
    ran: `${ran} ran`,
    cached: said(cached, 'from the cache'),
    failed: said(bad, 'failed'),
    minor: [
      said(triedAgain, 'failed and tried again'),
      said(quarantined, 'failed in quarantine'),
      said(overridden, 'failed and overridden'),
    ].filter((words) => words !== ''),
  };
}

export function timings(report: Report): Timings {
  const ran = allGates(report).flatMap((of) => {
    const span = gateSpan(of.gate);
    return span === undefined || of.gate.lane === null ? [] : [{ ...of, ms: span.end - span.start }];
  });
  const makespanMs = Math.max(0, Date.parse(report.endedAt) - Date.parse(report.startedAt));
  const lanes = report.workers?.mean ?? report.maxWorkers;
  const { executions } = report;
  const gateMs = (executions?.seconds ?? 0) * 1000;
  return {
    makespanMs,
    executions,
    utilisation: makespanMs === 0 ? undefined : Math.min(1, gateMs / (makespanMs * lanes)),
    slowest: ran.toSorted((a, b) => b.ms - a.ms).slice(0, 5),
  };
}

/** How many lanes there were for gates: `4`, or `2 to 16` where that followed the load. */
export function lanesInWords({ workers, maxWorkers }: Report): string {
  const { min, max } = workers ?? { min: maxWorkers, max: maxWorkers };
  return min === max ? String(max) : `${min} to ${max}`;
}

/** When a gate ran, in ms since the epoch; undefined where it did not. */
export function gateSpan(gate: Pick<ReportGate, 'startedAt' | 'endedAt'>) {
  if (gate.startedAt === null || gate.endedAt === null) return undefined;
  return { start: Date.parse(gate.startedAt), end: Date.parse(gate.endedAt) };
}

/** The branch's name, as people say it. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}

export const shortCommit = (commit: string): string => commit.slice(0, 10);
