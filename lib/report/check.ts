import { reasonCode } from './advice';
import { gateSpan } from './facts';
import type { Report, ReportGate, ReportItem } from './report';

/** What of a plan is needed to check a report against it. */
export interface CheckedPlan {
  readonly items: readonly { readonly name: string; readonly deps: readonly string[] }[];
  readonly maxWorkers: number;
}

/**
 * Recomputes from the report alone that the run kept its promises: every item of the plan is in it once, no
 * gate started before the blocking gates of the item's dependencies had passed, no more than `maxWorkers`
 * gates ran at once and no lane ran two. Gates that did not run here (cached, skipped) take no lane and start
 * at no time.
 * @param plan without cycles
 * @returns what was violated, in words; empty when all is well
 */
export function checkReport(report: Report, plan: CheckedPlan): string[] {
  const order = report.speculation === 'deps' ? [] : checkOrder(report, plan);
  return [...checkItems(report, plan), ...order, ...checkLanes(report, plan.maxWorkers)];
}

function checkItems(report: Report, plan: CheckedPlan): string[] {
  const planned = new Set(plan.items.map((item) => item.name));
  const reported = Map.groupBy(report.items, (item) => item.name);
  return [
    ...[...planned].filter((name) => !reported.has(name)).map((name) => `${name} is not in the report`),
    ...[...reported].filter(([, { length }]) => length > 1).map(([name]) => `${name} is in the report twice`),
    ...[...reported.keys()].filter((name) => !planned.has(name)).map((name) => `${name} is not in the plan`),
  ];
}

/** When an item let its dependents go; what stands in the way of that, if anything. */
interface Passed {
  readonly at: number;
  readonly but: string | undefined;
}

function checkOrder(report: Report, plan: CheckedPlan): string[] {
  const reported = new Map(report.items.map((item) => [item.name, item]));
  const passed = new Map<string, Passed>();
  const violations: string[] = [];
  for (const { name, deps } of inOrder(plan)) {
    const item = reported.get(name);
    if (item === undefined) continue;
    const before = deps.map((dep) => passed.get(dep) ?? { at: -Infinity, but: undefined });
    const ready = before.reduce((latest, dep) => Math.max(latest, dep.at), -Infinity);
    const but = before.find((dep) => dep.but !== undefined)?.but;
    for (const gate of item.gates) {
      const span = ranSpan(gate);
      if (span === undefined) continue;
      if (but !== undefined) violations.push(`${gate.name} of ${name} ran although ${but}`);
      else if (span.start < ready)
        violations.push(
          `${gate.name} of ${name} started ${ready - span.start} ms before its deps had passed`,
        );
    }
    passed.set(name, whenPassed(item, { at: ready, but }));
  }
  return violations;
}

/** What only an item fails by that has come past its gates. */
const AFTER_GATES = new Set([
  'integration-failed',
  'target-moved',
  'target-dirty',
  'target-gone',
  'landing-refused',
]);

function whenPassed(item: ReportItem, deps: Passed): Passed {
  const blocking = item.gates.filter((gate) => gate.blocking);
  const ends = blocking.map(countedAt);
  // Gates of an item that changes nothing are skipped, and it counts as passed.
  const isPastGates = item.status === 'merged' || AFTER_GATES.has(reasonCode(item));
  const open = blocking.find(
    ({ status, override }) => status !== 'pass' && !override && !(status === 'skipped' && isPastGates),
  );
  return {
    at: Math.max(deps.at, ...ends),
    but: deps.but ?? (open && `${open.name} of ${item.name} did not pass (${open.status})`),
  };
}

function checkLanes(report: Report, maxWorkers: number): string[] {
  const gates = [...report.items.flatMap((item) => item.gates), ...(report.integration?.gates ?? [])];
  const changes = gates.flatMap((gate) => {
    const span = ranSpan(gate);
    // Within one millisecond nothing can be said about what was at once.
    if (span === undefined || span.end <= span.start) return [];
    return [
      { at: span.start, lane: gate.lane, by: 1 },
      { at: span.end, lane: gate.lane, by: -1 },
    ];
  });
  const violations = new Set<string>();
  const onLane = new Map<number | null, number>();
  let running = 0;
  // At one time, ends come before starts.
  for (const { at, lane, by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    running += by;
    onLane.set(lane, (onLane.get(lane) ?? 0) + by);
    const when = new Date(at).toISOString();
    if (by > 0 && running > maxWorkers)
      violations.add(`${running} gates ran at once at ${when}, more than ${maxWorkers}`);
    if (by > 0 && onLane.get(lane)! > 1) violations.add(`lane ${lane} ran two gates at once at ${when}`);
  }
  return [...violations];
}

/** From when on a gate counts as passed: once it has, or once it was overridden. */
function countedAt(gate: ReportGate): number {
  const end = ranSpan(gate)?.end ?? -Infinity;
  if (!gate.override) return end;
  const at = Date.parse(gate.override.at);
  return gate.status === 'pass' ? Math.min(end, at) : at;
}

function ranSpan(gate: ReportGate) {
  return gate.cached || gate.lane === null ? undefined : gateSpan(gate);
}

/** The items, each after its deps (Kahn's algorithm). */
function* inOrder(plan: CheckedPlan): Generator<CheckedPlan['items'][number]> {
  const items = new Map(plan.items.map((item) => [item.name, item]));
  const unmet = new Map(plan.items.map((item) => [item.name, item.deps.length]));
  const dependents = Map.groupBy(
    plan.items.flatMap((item) => item.deps.map((dep) => ({ dep, name: item.name }))),
    ({ dep }) => dep,
  );
  const ready = plan.items.filter((item) => item.deps.length === 0);
  for (let item = ready.pop(); item !== undefined; item = ready.pop()) {
    yield item;
    for (const { name } of dependents.get(item.name) ?? []) {
      unmet.set(name, unmet.get(name)! - 1);
      if (unmet.get(name) === 0) ready.push(items.get(name)!);
    }
  }
}
