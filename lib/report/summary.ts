import { join } from 'node:path';
import type { Style } from '../cli/style';
import { printable } from '../telemetry/printable';
import { advice } from './advice';
import { missesOf } from './cache-misses';
import { costLine } from './cost-line';
import {
  allGates,
  BY_URGENCY,
  executionsInWords,
  flakyGates,
  type ItemStatus,
  isThere,
  lanesInWords,
  overriddenGates,
  timings,
  withStatus,
} from './facts';
import { headline } from './headline';
import { heldInWords } from './held';
import type { Report, ReportItem } from './report';
import { cut, displayWidth, pad } from './width';

/** More items than this that share a status and its cause stand on one line. */
const FOLD = 5;
/** Lines for one status, and lines of advice; report.md has them all. */
const ROWS = 20;
/** Columns for names. */
const NAME = 32;

/**
 * The report for a terminal at the end of a run: what needs a person first, then where everything is.
 * @param folder the artifact folder, with report.json, report.md and the logs in it
 * @returns lines without newlines; reasons are not cut, names and folded lists are
 */
export function renderSummary(report: Report, folder: string, style: Style): string[] {
  const rows = BY_URGENCY.flatMap((status) => statusRows(report, status));
  const width = Math.min(NAME, Math.max(0, ...rows.map(({ name }) => displayWidth(name))));
  const label = Math.max(0, ...rows.map((row) => row.label.length));
  return [
    colourOf(report.status, style)(style.bold(headline(report, printable))),
    ...paragraph(
      rows.map((row) => {
        const start = `  ${colourOf(row.status, style)(pad(row.label, label))}  ${pad(cut(row.name, width), width)}`;
        return row.text === '' ? start.trimEnd() : `${start}  ${row.text}`;
      }),
    ),
    ...paragraph([
      ...gateLines(report, style),
      ...missLines(report, style),
      ...heldInWords(report).map((held) => `${style.bold('Held')}    ${held}`),
      ...costLines(report, style),
    ]),
    ...paragraph(overrideLines(report, style)),
    ...paragraph(report.warnings.map((warning) => `${style.yellow('warning:')} ${printable(warning)}`)),
    ...nextSteps(report, folder, style),
    ...whereabouts(report, folder, style),
  ];
}

interface Row {
  readonly status: ItemStatus;
  readonly label: string;
  readonly name: string;
  readonly text: string;
}

function statusRows(report: Report, status: ItemStatus): Row[] {
  const items = withStatus(report, status);
  const rows = [...Map.groupBy(items, causeOf).values()].flatMap((group): Row[] => {
    const label = isThere(group[0]!) ? 'there' : status === 'merged' ? mergedLabel(report) : status;
    if (group.length <= FOLD)
      return group.map((item) => ({ status, label, name: printable(item.name), text: itemText(item) }));
    return [{ status, label, name: `${group.length} items`, text: foldedText(group) }];
  });
  if (rows.length <= ROWS) return rows;
  const more = { status, label: '', name: '…', text: `${rows.length - ROWS} more, see report.md` };
  return [...rows.slice(0, ROWS), more];
}

const mergedLabel = ({ dryRun, gatesOnly }: Report) =>
  gatesOnly ? 'passed' : dryRun ? 'would merge' : 'merged';

const causeOf = (item: ReportItem) =>
  JSON.stringify([item.blockedBy, item.blockedBy === null ? item.reason : '']);

function itemText(item: ReportItem): string {
  if (item.status === 'blocked' && item.path.length > 1)
    return `waits for ${item.path.slice(1).map(printable).join(' → ')}`;
  return printable(item.reason ?? '');
}

function foldedText(group: readonly ReportItem[]): string {
  const [{ blockedBy, reason }] = group as readonly [ReportItem];
  const cause = blockedBy === null ? printable(reason ?? '') : `behind ${cut(printable(blockedBy), NAME)}`;
  const names = group.slice(0, FOLD).map((item) => cut(printable(item.name), NAME));
  return `${cause === '' ? '' : `${cause}: `}${names.join(', ')} and ${group.length - FOLD} more`;
}

function gateLines(report: Report, style: Style): string[] {
  const { executions, utilisation } = timings(report);
  const words = executionsInWords(report);
  if (executions === undefined || words === undefined || executions.ran + executions.cached === 0) return [];
  const flaky = flakyGates(report).length;
  const lanes = lanesInWords(report);
  const parts = [
    words.ran,
    ...(words.cached === '' ? [] : [words.cached]),
    ...(words.failed === '' ? [] : [style.red(words.failed)]),
    ...words.minor.map(style.yellow),
    ...(flaky > 0 ? [style.yellow(`${flaky} flaky`)] : []),
    ...(executions.ran > 0 && utilisation !== undefined
      ? [`${lanes} ${lanes === '1' ? 'lane' : 'lanes'} ${Math.round(utilisation * 100)} % busy`]
      : []),
  ];
  return [`${style.bold('Gates')}   ${parts.join(', ')}`];
}

/** What an earlier pass was known of, and ran all the same. */
function missLines(report: Report, style: Style): string[] {
  const news = missesOf(allGates(report).map(({ gate }) => gate)).filter(({ isNews }) => isNews);
  const said = news.map(
    ({ because, gates }) =>
      `${gates.length === 1 ? '1 gate' : `${gates.length} gates`} ran because ${because}`,
  );
  return said.map((line, k) => `${k === 0 ? style.bold('Cache') : '     '}   ${line}`);
}

function overrideLines(report: Report, style: Style): string[] {
  const lines = overriddenGates(report).map(({ item, gate, override: { user, reason } }) => {
    const what = `${printable(gate.name)} of ${printable(item ?? '')}`;
    return `${style.yellow('overridden:')} ${what}, by ${printable(user)}: ${printable(reason)}`;
  });
  return lines.length <= ROWS ? lines : [...lines.slice(0, ROWS), `… ${lines.length - ROWS} more`];
}

function costLines(report: Report, style: Style): string[] {
  const line = costLine(report);
  return line === undefined ? [] : [`${style.bold('Cost')}    ${line}`];
}

/** One line for each failed item; items with the same advice share one. */
function nextSteps(report: Report, folder: string, style: Style): string[] {
  const steps = Map.groupBy(withStatus(report, 'failed'), (item) =>
    printable(advice(item, report, (log) => join(folder, log))),
  );
  const lines = [...steps].map(([text, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `  ${cut(printable(first!.name), NAME)}${more}: ${text}`;
  });
  const shown = lines.length <= ROWS ? lines : [...lines.slice(0, ROWS), `  … ${lines.length - ROWS} more`];
  return lines.length === 0 ? [] : ['', style.bold('Next'), ...shown];
}

function whereabouts(report: Report, folder: string, style: Style): string[] {
  const gates = [...report.items.flatMap((item) => item.gates), ...(report.integration?.gates ?? [])];
  const log = gates.find((gate) => gate.log !== null)?.log;
  const at = (path: string) => printable(join(folder, path));
  return [
    '',
    `${style.bold('Report')}  ${at('report.json')}`,
    `        ${at('report.md')}`,
    ...(log == null ? [] : [`${style.bold('Logs')}    ${at(log.split('/', 1)[0]!)}`]),
  ];
}

function colourOf(status: ItemStatus | Report['status'], style: Style): (text: string) => string {
  if (status === 'merged') return style.green;
  return status === 'failed' ? style.red : style.yellow;
}

const paragraph = (lines: readonly string[]) => (lines.length === 0 ? [] : ['', ...lines]);
