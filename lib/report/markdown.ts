import { stripVTControlCharacters } from 'node:util';
import { shellQuote } from '../repository/shell-quote';
import { printable } from '../telemetry/printable';
import { missesOf } from './cache-misses';
import { costLine } from './cost-line';
import { formatDuration } from './duration';
import {
  allGates,
  BY_URGENCY,
  executionsInWords,
  type FailedGate,
  failedGates,
  flakyGates,
  isThere,
  lanesInWords,
  overriddenGates,
  shortCommit,
  timings,
  withStatus,
} from './facts';
import { headline } from './headline';
import { heldInWords } from './held';
import { code, fence, table } from './markdown-text';
import type { Report, ReportGate, ReportItem } from './report';
import { silence } from './silent';

/** The last lines of logs, by the log's path in the report. */
export type LogTails = ReadonlyMap<string, string>;

/** Failed gates that are shown with the end of their log; of the others only the path. */
const TAILS = 50;

/**
 * `report.md`. Everything that comes from outside (names, reasons, output) stands in code spans and code
 * blocks that it cannot leave, so that it is neither markup nor a mention.
 */
export function renderMarkdown(report: Report, tails: LogTails): string {
  const sections = [
    `# ${headline(report, code)}\n\nRun ${code(report.runId)}, status **${report.status}**.`,
    itemsTable(report),
    failures(report, tails),
    overrides(report),
    blockedChains(report),
    reasons(report),
    integration(report),
    timing(report),
    cache(report),
    list('Warnings', report.warnings.map(code)),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function itemsTable(report: Report): string {
  const items = BY_URGENCY.flatMap((status) => withStatus(report, status));
  if (items.length === 0) return '';
  const rows = items.map((item) => [
    code(item.name),
    isThere(item) ? 'there already' : item.status === 'merged' ? mergedLabel(report) : item.status,
    item.reason === null ? '' : code(item.reason),
    gateCounts(item),
    item.mergeCommit === null ? '' : code(shortCommit(item.mergeCommit)),
  ]);
  return section('Items', [table(['item', 'status', 'reason', 'gates', 'commit'], rows)]);
}

const mergedLabel = ({ dryRun, gatesOnly }: Report) =>
  gatesOnly ? 'passed' : dryRun ? 'would be merged' : 'merged';

function gateCounts({ gates }: ReportItem): string {
  const counts = Map.groupBy(gates, statusOf);
  return [...counts].map(([status, of]) => `${of.length} ${status}`).join(', ');
}

function statusOf({ status, cached, quarantined, override }: ReportGate): string {
  const remarks = [
    ...(cached ? ['cached'] : []),
    ...(quarantined ? ['quarantined'] : []),
    ...(override ? ['overridden'] : []),
  ];
  return remarks.length === 0 ? status : `${status} (${remarks.join(', ')})`;
}

function failures(report: Report, tails: LogTails): string {
  const failed = failedGates(report);
  return section(
    'Failed gates',
    failed.map((of, i) => failure(of, i < TAILS ? tails : new Map())),
  );
}

function failure({ item, gate, onWeave }: FailedGate, tails: LogTails): string {
  const whose = item === null ? 'the woven commit' : code(item);
  const of = onWeave ? `the weave with ${whose}` : whose;
  const why = gate.quarantined ? 'quarantined' : 'optional';
  const weight = gate.override ? ' (overridden)' : gate.blocking ? '' : ` (${why}, blocks nothing)`;
  const attempts = gate.attempts > 1 ? `, ${gate.attempts} attempts` : '';
  const tail = gate.log === null ? undefined : tails.get(gate.log);
  return [
    `### ${code(gate.name)} of ${of}${weight}`,
    `${ending(gate)}${attempts}${gate.log === null ? silence(gate) : `; log: ${code(gate.log)}`}`,
    ...(tail === undefined || tail === '' ? [] : [fence(lines(tail))]),
  ].join('\n\n');
}

function ending(gate: ReportGate): string {
  if (gate.note !== null) return code(gate.note);
  if (gate.signal !== null) return `killed by ${code(gate.signal)}`;
  return gate.exitCode === null ? gate.status : `exited with ${gate.exitCode}`;
}

/** A log as lines that show no control characters; what a carriage return overwrote stays. */
function lines(log: string): string {
  return stripVTControlCharacters(log)
    .split(/\r\n|\r|\n/)
    .map((line) => printable(line.replaceAll('\t', '    ')))
    .join('\n')
    .trimEnd();
}

function overrides(report: Report): string {
  return list(
    'Overrides',
    overriddenGates(report).map(
      ({ override: { user, reason, at, by }, ...of }) =>
        `${gateOf(of)}: ${code(user)} answers for it, ${code(reason)} (${at}${by === null ? '' : `, by ${code(by)}`})`,
    ),
  );
}

/** As many items are explained: of more, `lex-pr why` tells. */
const EXPLAINED = 50;

function reasons(report: Report): string {
  const out = report.items.filter(({ status, why }) => status !== 'merged' && why !== undefined);
  const told = out.slice(0, EXPLAINED).map(({ why }) => code(why!.replaceAll('\n', ' ')));
  const more = out.length > EXPLAINED ? [`${out.length - EXPLAINED} more: lex-pr why ITEM`] : [];
  return list('Why', [...told, ...more]);
}

function blockedChains(report: Report): string {
  return list(
    'Blocked',
    withStatus(report, 'blocked').map((item) =>
      (item.path.length > 0 ? item.path : [item.name]).map(code).join(' → '),
    ),
  );
}

function integration({ integration, dryRun, target }: Report): string {
  if (integration === null) return '';
  const ref = integration.ref === null ? '' : `${code(integration.ref)}, `;
  const woven = `Woven ${dryRun ? 'for the dry run ' : ''}as ${ref}commit ${code(integration.commit)}, tree ${code(integration.tree)}.${howToSee(integration, target.before)}`;
  if (integration.gates.length === 0) return section('Integration', [`${woven} No gate ran on it.`]);
  const rows = integration.gates.map((gate) => [
    code(gate.name),
    statusOf(gate),
    gate.log === null ? '' : code(gate.log),
  ]);
  return section('Integration', [woven, table(['gate', 'status', 'log'], rows)]);
}

/** Ref and commit are in a repository of our own; after a landing the commit is in the user's too. */
function howToSee({ repository, commit }: NonNullable<Report['integration']>, before: string): string {
  if (repository === undefined) return '';
  const range = `${shortCommit(before)}..${shortCommit(commit)}`;
  return ` To look at it: ${code(`git --git-dir=${shellQuote(repository)} log --stat --first-parent ${range}`)}`;
}

function timing(report: Report): string {
  const { makespanMs, executions, utilisation, slowest } = timings(report);
  const words = executionsInWords(report);
  const flaky = flakyGates(report);
  const cost = costLine(report);
  return list('Timings', [
    `Run: ${formatDuration(makespanMs)}, from ${report.startedAt} to ${report.endedAt}`,
    ...(report.predictedSeconds == null
      ? []
      : [
          `Predicted: ${formatDuration(report.predictedSeconds * 1000)}, if no gate is answered by the cache`,
        ]),
    ...(executions === undefined || words === undefined
      ? []
      : [
          `Gates: ${[words.ran, words.cached, words.failed, ...words.minor].filter((part) => part !== '').join(', ')}; ${formatDuration(executions.seconds * 1000)} in all`,
        ]),
    ...(utilisation === undefined || !executions?.ran
      ? []
      : [`Lanes: ${lanesInWords(report)}, busy with gates ${Math.round(utilisation * 100)} % of the run`]),
    ...slowest.map((of) => `Slow: ${gateOf(of)}, ${formatDuration(of.ms)}`),
    ...heldInWords(report).map((held) => `Held back: ${held}`),
    ...(cost === undefined ? [] : [`Cost: ${cost}`]),
    ...flaky.map((of) => `Flaky: ${gateOf(of)} passed at attempt ${of.gate.attempts}`),
  ]);
}

function gateOf({ item, gate }: FailedGate): string {
  return `${code(gate.name)} of ${item === null ? 'the woven commit' : code(item)}`;
}

function cache(report: Report): string {
  const rows = Object.entries(report.cache).map(([operation, { hits, misses, expired, hitRate }]) => [
    code(operation),
    String(hits),
    String(misses),
    String(expired),
    `${Math.round(hitRate * 100)} %`,
  ]);
  if (rows.length === 0) return '';
  const misses = missesOf(allGates(report).map(({ gate }) => gate)).map(
    ({ because, gates }) =>
      `- ${gates.length === 1 ? '1 gate' : `${gates.length} gates`} ran because ${because}`,
  );
  const why = misses.length === 0 ? [] : [misses.join('\n')];
  return section('Cache', [table(['operation', 'hits', 'misses', 'expired', 'hit rate'], rows), ...why]);
}

function section(title: string, paragraphs: readonly string[]): string {
  return paragraphs.length === 0 ? '' : [`## ${title}`, ...paragraphs].join('\n\n');
}

function list(title: string, entries: readonly string[]): string {
  return section(title, entries.length === 0 ? [] : [entries.map((entry) => `- ${entry}`).join('\n')]);
}
