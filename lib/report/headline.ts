import { formatDuration } from './duration';
import { alreadyThere, shortCommit, shortRef, withStatus } from './facts';
import type { Report } from './report';

/**
 * What came of the run, in one sentence.
 * @param quote how the rendering shows a name from outside
 */
export function headline(report: Report, quote: (name: string) => string): string {
  const { target, items, dryRun, gatesOnly } = report;
  const into = quote(shortRef(target.ref));
  const took = formatDuration(Math.max(0, Date.parse(report.endedAt) - Date.parse(report.startedAt)));
  const merged = withStatus(report, 'merged').length;
  const start = gatesOnly ? 'Gates only: ' : dryRun ? 'Dry run: ' : '';
  if (report.status === 'cancelled')
    return `${start}Cancelled after ${took}: nothing of this run is on ${into}.`;
  if (items.length === 0) return `${start}Nothing to do: the plan has no items.`;
  if (gatesOnly)
    return `Gates only: ${merged === items.length ? all(merged) : `${merged} of ${count(items.length)}`} passed; nothing was woven (${took}).`;
  const there = alreadyThere(report).length;
  const already = there === 0 ? '' : `, ${there === 1 ? '1 is' : `${there} are`} there already`;
  if (there === items.length) return `${start}Nothing to do: ${into} holds ${all(there)} already (${took}).`;
  if (merged === there && there > 0)
    return dryRun
      ? `Dry run: none of ${count(items.length)} would be merged into ${into}${already} (${took}).`
      : `Nothing landed on ${into}: of ${count(items.length)} none could be merged${already} (${took}).`;
  if (merged === 0)
    return dryRun
      ? `Dry run: none of ${count(items.length)} could be merged into ${into} (${took}).`
      : `Nothing landed on ${into}: none of ${count(items.length)} could be merged (${took}).`;
  const fresh = merged - there;
  const what = fresh === items.length ? all(fresh) : `${fresh} of ${count(items.length)}`;
  if (dryRun) return `Dry run: ${what} would be merged into ${into}${already}; no ref was moved (${took}).`;
  if (target.before === target.after) return `Nothing to land: ${into} holds ${what} already (${took}).`;
  const moved = `${shortCommit(target.before)} → ${shortCommit(target.after)}`;
  return `Merged ${what} into ${into} in ${took}: ${moved}${already}.`;
}

const all = (number: number) => (number === 1 ? '1 item' : `all ${number} items`);
const count = (number: number) => (number === 1 ? '1 item' : `${number} items`);
