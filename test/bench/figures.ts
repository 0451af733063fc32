import { existsSync, readFileSync } from 'node:fs';
import { type Machine, machineText } from './machine';
import type { Bench, Row } from './row';
import { table } from './table';

/** What one bench measured, and where. */
export interface Section {
  readonly name: string;
  readonly about: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

/** @returns the figures of an earlier run; none where there is no such file */
export function readFigures(file: string): readonly Section[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).sections : [];
}

/** The file that `readFigures` reads: a row a line, so that a diff shows which have changed. */
export function figuresText(sections: readonly Section[]): string {
  const texts = sections.map(({ rows, ...section }) => {
    const lines = rows.map((row) => `        ${JSON.stringify(row)}`).join(',\n');
    const about = Object.entries(section).map(
      ([key, value]) => `      ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
    );
    return `    {\n${about.join('')}      "rows": [\n${lines}\n      ]\n    }`;
  });
  return `{\n  "sections": [\n${texts.join(',\n')}\n  ]\n}\n`;
}

/** Puts what was measured now into the place of what was measured before. Benches that are no more are left out. */
export function withMeasured(
  before: readonly Section[],
  measured: readonly Section[],
  benches: readonly Pick<Bench, 'name'>[],
): readonly Section[] {
  return benches.flatMap(({ name }) => {
    const isOf = (section: Section) => section.name === name;
    return measured.find(isOf) ?? before.find(isOf) ?? [];
  });
}

/** docs/benchmarks.md. */
export function documentText(sections: readonly Section[]): string {
  const texts = sections.map(
    ({ name, about, machine, rows }) =>
      `## ${name}\n\n${about}\n\n${table(rows)}\n${machineText(machine)}.\n`,
  );
  return `# Benchmarks

Written by \`npm run bench\` from what it measured, which is also in [benchmarks.json](benchmarks.json); how to measure is in
[CONTRIBUTING.md](../CONTRIBUTING.md#measuring). Sides of a ratio are measured in turn, in one run; a ratio is the median of the
turns' ratios.

${texts.join('\n')}`;
}
