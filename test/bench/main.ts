import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { again } from './again';
import { readArguments } from './arguments';
import { candidates } from './candidates';
import { cold } from './cold';
import { dag } from './dag';
import { documentText, figuresText, readFigures, type Section, withMeasured } from './figures';
import { findWorse } from './guard';
import { type Emulator, lanes } from './lanes';
import { describeMachine } from './machine';
import { order } from './order';
import type { Peers } from './peers';
import { planning } from './planning';
import { prediction } from './prediction';
import { type Bench, type Row, unmeasured } from './row';
import { scale } from './scale/scale';
import { scenarios } from './scenarios';
import { spawnGates } from './spawn';
import { speculation } from './speculation';
import { start } from './start';
import { table } from './table';
import { weave } from './weave';
import { workers } from './workers';

export interface Paths {
  /** The built command line. */
  readonly cli: string;
  /** docs/benchmarks.md and docs/benchmarks.json. */
  readonly document: string;
  readonly figures: string;
}

/** Every bench, in the order of the document. */
const benches = ({ cli }: Paths, tools: Emulator & Peers): readonly Bench[] => [
  start(cli),
  order,
  planning(cli),
  dag(cli, tools),
  spawnGates(cli),
  weave,
  candidates,
  again(cli),
  scenarios(cli),
  prediction,
  speculation(cli),
  workers(cli),
  lanes(tools),
  cold(cli),
  scale,
];

/**
 * `npm run bench [-- NAME …]`: measures, prints, compares with the committed figures, and replaces them.
 * @returns the exit code: 1 when a target is missed or a figure got worse, 2 when it was asked for what there is not
 */
export async function bench(args: readonly string[], paths: Paths, tools: Emulator & Peers): Promise<number> {
  const all = benches(paths, tools);
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const asked = readArguments(
    args,
    all.map(({ name }) => name),
  );
  if ('usage' in asked) {
    note(asked.usage);
    return asked.code;
  }
  const { json, runs, names, write, compare, list } = asked;
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  if (list) {
    for (const { name, about } of chosen) process.stdout.write(`${name}\n  ${about}\n`);
    return 0;
  }

  const before = readFigures(paths.figures);
  const machine = describeMachine();
  if (machine.loadAverage > machine.cores)
    note(`the machine is busy (load average ${machine.loadAverage}): ratios hold, times are too long`);
  const measured: Section[] = [];
  for (const [k, one] of chosen.entries()) {
    const { name, about } = one;
    note(`[${k + 1} of ${chosen.length}] ${name}: ${about}`);
    await pause(SETTLE_MS);
    const section = { name, about, machine, rows: await measureOne(one, runs, note) };
    measured.push(section);
    if (!json) process.stdout.write(`## ${name}\n\n${table(section.rows)}\n`);
    // After each, so that what was measured is not lost with what comes after; what lacks a peer replaces nothing.
    if (write && section.rows.every(({ value }) => value !== null)) {
      const sections = withMeasured(readFigures(paths.figures), [section], all);
      writeFileSync(paths.figures, figuresText(sections));
      writeFileSync(paths.document, documentText(sections));
    }
  }
  const rows = measured.flatMap((section) => section.rows);
  if (json) process.stdout.write(`${JSON.stringify({ machine, rows })}\n`);

  const missed = rows.filter(({ ok }) => !ok);
  for (const { name, value, unit, target, peer } of missed) {
    const figure = value === null ? 'not measured' : `${value} ${unit}`;
    const why = peer !== null && 'missing' in peer ? ` (${peer.missing})` : '';
    note(`missed: ${name}: ${figure}${why}, target ${target}`);
  }
  const worse = compare ? findWorse(before, measured) : [];
  for (const text of worse) note(`worse: ${text}`);
  return missed.length + worse.length === 0 ? 0 : 1;
}

/** For five seconds ext4 looks at each inode that was freed before it makes a file: what was removed before is not to count. */
const SETTLE_MS = 6_000;

/** One that cannot be measured is a row that is missed, and the others are measured all the same. */
async function measureOne(
  { name, measure }: Bench,
  runs: number,
  note: (text: string) => void,
): Promise<readonly Row[]> {
  try {
    return await measure(runs, note);
  } catch (error) {
    return [unmeasured(name, '–', name, (error as Error).message)];
  }
}
