import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { readArguments } from './arguments';
import { type Emulator, lanes } from './lanes';
import type { Bench, Row } from './row';
import { scenarios } from './scenarios';
import { speculation } from './speculation';
import { start } from './start';

/**
 * `npm run bench [-- NAME …] [--json] [--runs N]`: measures, prints, and writes docs/benchmarks.md when all
 * benches ran. Exits with 1 when a target is missed, with 2 when it was asked for what there is not.
 */
export async function bench(
  args: readonly string[],
  paths: { readonly cli: string; readonly document: string },
  emulator: Emulator,
): Promise<number> {
  const all: readonly Bench[] = [
    start(paths.cli),
    scenarios(paths.cli),
    speculation(paths.cli),
    lanes(emulator),
  ];
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const asked = readArguments(
    args,
    all.map(({ name }) => name),
  );
  if ('usage' in asked) {
    note(asked.usage);
    return asked.code;
  }
  const { json, runs, names } = asked;
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));

  const sections: { readonly bench: Bench; readonly rows: readonly Row[] }[] = [];
  for (const one of chosen) {
    note(one.about);
    sections.push({ bench: one, rows: await one.measure(runs, note) });
  }
  const rows = sections.flatMap((section) => section.rows);
  const tables = sections
    .map((section) => `## ${section.bench.name}\n\n${section.bench.about}\n\n${table(section.rows)}`)
    .join('\n');
  process.stdout.write(json ? `${JSON.stringify({ machine: machine(), rows })}\n` : `${tables}`);
  if (chosen === all) writeFileSync(paths.document, document(runs, tables));
  const missed = rows.filter(({ ok }) => !ok);
  for (const { name, value, unit, target } of missed)
    note(`missed: ${name}: ${value} ${unit}, target ${target}`);
  return missed.length === 0 ? 0 : 1;
}

function machine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

function document(runs: number, tables: string): string {
  const { cpu, cores, memoryGB, platform, node } = machine();
  return `# Benchmarks

Written by \`npm run bench\`; medians of ${runs} runs or more. ${cores} cores (${cpu}), ${memoryGB} GB, ${platform}, Node.js ${node}.
The column *compared with* holds the specification's figure, or the other side's of a ratio.

${tables}`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ name, value, unit, peer, target, ok, runs }) => {
    const spread = `${Math.min(...runs)} – ${Math.max(...runs)}`;
    return `| ${name} | ${value} ${unit} | ${spread} | ${peer ?? '–'} | ${target} | ${ok ? 'yes' : '**no**'} |`;
  });
  return `| what | median | spread | compared with | target | holds |\n| --- | --- | --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}
