import type { Section } from './figures';
import type { Row } from './row';

/** Less is not worth a look, however sure it is. */
const WORTH_A_LOOK = 0.05;

/**
 * Compares with figures measured earlier. A row got worse when even its best run now is worse than its worst run
 * then, which five runs on each side show by chance in 1 of 252 cases (as the test of Mann and Whitney, 1947, at
 * its extreme), and its median by more than 5 %. Figures in units of time say nothing on another machine or a busy
 * one, and are compared only on the same kind of processor that has nothing else to do; ratios, shares and memory are
 * compared always.
 * @param before of any benches
 * @param now what was measured; benches that were not are not compared
 * @returns a sentence for each row that got worse, or that is no longer measured
 */
export function findWorse(before: readonly Section[], now: readonly Section[]): string[] {
  return now.flatMap(({ name, machine, rows }) => {
    const then = before.find((section) => section.name === name);
    if (then === undefined) return [];
    const timesCount =
      then.machine.cpu === machine.cpu &&
      then.machine.cores === machine.cores &&
      machine.loadAverage <= machine.cores;
    return then.rows.flatMap((earlier) => {
      if (earlier.value === null) return [];
      const row = rows.find((one) => one.name === earlier.name);
      if (row === undefined || row.value === null) return [`${earlier.name}: no longer measured`];
      if (row.unit !== earlier.unit || (isTime(row) && !timesCount)) return [];
      return isWorse(earlier, row) ? [worseText(earlier, row)] : [];
    });
  });
}

const isTime = ({ unit }: Row) => unit === 'ms' || unit === 's';

function isWorse(before: Row, now: Row): boolean {
  const larger = (a: Row, b: Row) =>
    Math.min(...a.runs) > Math.max(...b.runs) && a.value! - b.value! > WORTH_A_LOOK * Math.abs(b.value!);
  const smaller = (a: Row, b: Row) =>
    Math.max(...a.runs) < Math.min(...b.runs) && b.value! - a.value! > WORTH_A_LOOK * Math.abs(b.value!);
  if (now.target.startsWith('≤')) return larger(now, before);
  return now.target.startsWith('>') && smaller(now, before);
}

function worseText({ value, runs }: Row, now: Row): string {
  const spread = (values: readonly number[]) => `${Math.min(...values)} – ${Math.max(...values)}`;
  return `${now.name}: ${now.value} ${now.unit} (${spread(now.runs)}), committed ${value} ${now.unit} (${spread(runs)})`;
}
