import { advice, overriddenAgainst, reasonCode } from './advice';
import { missesOf } from './cache-misses';
import { shortCommit, shortRef } from './facts';
import type { Report, ReportGate, ReportItem } from './report';

/** Why an item was merged or not, for people. Names stand as they are: the rendering escapes them. */
export interface Why {
  /** Sentences: what became of it, the chain of causes, what it rests on, what to do. */
  readonly sentences: readonly string[];
  /** The gate that decided against it, or against what it depends on; undefined where none did. */
  readonly gate: ReportGate | undefined;
}

/**
 * Explains what became of an item.
 * @param named the items of the report, by name
 * @param logPath turns a log's path in the report into one that can be opened from here
 */
export function whyOf(
  report: Omit<Report, 'metrics'>,
  item: ReportItem,
  named: ReadonlyMap<string, ReportItem>,
  logPath: (log: string) => string = (log) => log,
): Why {
  if (item.status === 'merged')
    return { sentences: [...whyMerged(report, item), ...urgencySaid(item)], gate: undefined };
  const root = rootOf(named, item);
  const gate = decidingGate(report, root);
  const sentences = [
    whyNot(report, item, root),
    ...evidence(root),
    ...(root.status === 'failed' ? [`What to do: ${advice(root, report, logPath)}.`] : []),
    ...(root.status === 'failed' && root !== item ? [andThen(item, logPath)] : []),
    ...(item.status === 'failed' ? urgencySaid(item) : []),
    ...(item.status === 'skipped' ? [`What to do: mend or leave out what failed, then run again.`] : []),
  ];
  return { sentences, gate };
}

function whyMerged(
  { dryRun, gatesOnly, target, integration }: Omit<Report, 'metrics'>,
  item: ReportItem,
): string[] {
  const place = shortRef(target.ref);
  if (item.reason !== null)
    return [`${item.name} is on ${place} without a commit of its own: ${item.reason}.`];
  const what = gatesOnly
    ? 'has passed its gates'
    : dryRun
      ? `would be merged into ${place}`
      : `was merged into ${place}${item.mergeCommit === null ? '' : ` as ${shortCommit(item.mergeCommit)}`}`;
  const verified = integration?.gates.filter(({ status }) => status === 'pass') ?? [];
  return [
    `${item.name} ${what}${gatesSaid(item.gates)}.`,
    ...(item.deps.length === 0
      ? []
      : [`What it depends on ${before(dryRun, gatesOnly)} before it: ${item.deps.join(', ')}.`]),
    ...(verified.length === 0
      ? []
      : [`On the woven commit ${names(verified)} passed, with everything that was merged together.`]),
    ...missesOf(item.gates).map(({ because, gates }) => `${names(gates)} ran because ${because}.`),
    ...item.gates.flatMap(remark),
  ];
}

/** What it did that an item is urgent. */
function urgencySaid({ urgency }: ReportItem): string[] {
  if (urgency === undefined) return [];
  const { hotfix, priority, aheadOf } = urgency;
  const what = hotfix
    ? `As a hot-fix${priority === 0 ? '' : ` of priority ${priority}`}`
    : `With priority ${priority}`;
  return [`${what} it went ahead of all that is less urgent, such as ${aheadOf}.`];
}

const before = (dryRun: boolean, gatesOnly: boolean) =>
  gatesOnly ? 'has passed' : dryRun ? 'would be merged' : 'was merged';

/** What comes of an item once what blocks it is mended. Its own gates may have failed by themselves. */
function andThen({ name, gates }: ReportItem, logPath: (log: string) => string): string {
  const own = gates.find(isAgainst);
  if (own === undefined) return `Then ${name} can be merged as well.`;
  const see = own.log === null ? '' : `, see ${logPath(own.log)}`;
  return `Then ${name} is tried again: its own ${own.name} ${own.status === 'fail' ? 'failed' : 'timed out'} as well${see}.`;
}

function gatesSaid(gates: readonly ReportGate[]): string {
  const passed = gates.filter(({ status, blocking }) => blocking && status === 'pass');
  if (passed.length === 0) return gates.length === 0 ? ': it has no gates' : '';
  const cached = passed.filter((gate) => gate.cached).length;
  return `: ${names(passed)} passed${cached === 0 ? '' : ` (${cached} from the cache)`}`;
}

/** What is unusual about a gate that did not stand in the way. */
function remark(gate: ReportGate): string[] {
  const { override } = gate;
  if (override)
    return [`${gate.name} counts as passed because ${override.user} said so: ${override.reason}.`];
  if (gate.flaky) return [`${gate.name} passed only at attempt ${gate.attempts}.`];
  const bad = gate.status === 'fail' || gate.status === 'timeout';
  if (gate.blocking || !bad) return [];
  return [
    `${gate.name} ${gate.status === 'fail' ? 'failed' : 'timed out'}, but is ${gate.quarantined ? 'in quarantine' : 'optional'} and blocks nothing.`,
  ];
}

function whyNot(report: Omit<Report, 'metrics'>, item: ReportItem, root: ReportItem): string {
  const place = shortRef(report.target.ref);
  const not = report.gatesOnly ? 'has not passed' : `was not merged into ${place}`;
  if (item.status === 'blocked' && root !== item) {
    const chain = item.path
      .slice(1)
      .map((name, k) => (k === 0 ? `it depends on ${name}` : `which depends on ${name}`));
    return `${item.name} ${not}: ${chain.join(', ')}, and ${root.name} failed: ${root.reason}.`;
  }
  return `${item.name} ${not}: ${item.reason ?? item.status}.`;
}

/** What is known of how an item fails with others. */
function evidence(root: ReportItem): string[] {
  if (!root.eviction || reasonCode(root) !== 'integration-failed') return [];
  const { gate, passesWith, clashesWith } = root.eviction;
  const without = passesWith === null ? 'the target alone' : `everything up to ${passesWith}`;
  const overridden = overriddenAgainst(root);
  if (overridden !== undefined)
    return [
      `Its ${overridden} is overridden, but the verification of the woven result asks for ${overridden} too; without ${root.name}, ${without} passes.`,
    ];
  const answered = root.gates.filter(({ override }) => override).map(({ name }) => name);
  const own =
    answered.length === 0
      ? 'Its own gates passed'
      : `Its own gates passed, or somebody answered for them (${answered.join(', ')})`;
  return [
    `${own}; ${gate.name} fails once it is woven with the others, and passes on ${without}.`,
    ...(clashesWith.length === 1 ? [`Together with ${clashesWith[0]} it fails, without it it passes.`] : []),
  ];
}

/** The item whose failure blocks this one; the item itself where none does. */
function rootOf(named: ReadonlyMap<string, ReportItem>, item: ReportItem): ReportItem {
  return item.blockedBy === null ? item : (named.get(item.blockedBy) ?? item);
}

function decidingGate(
  { integration }: Pick<Report, 'integration'>,
  root: ReportItem,
): ReportGate | undefined {
  if (root.eviction) return root.eviction.gate;
  const own = root.gates.find(isAgainst);
  if (own !== undefined || reasonCode(root) !== 'integration-failed') return own;
  return integration?.gates.find(isAgainst);
}

const isAgainst = ({ status, override, blocking }: ReportGate) =>
  !override && blocking && (status === 'fail' || status === 'timeout');

const names = (gates: readonly ReportGate[]) => gates.map(({ name }) => name).join(', ');
