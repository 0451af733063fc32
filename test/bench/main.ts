import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { type Emulator, lanes } from './lanes';
import type { Bench, Row } from './row';
import { scenarios } from './scenarios';
import { start } from './start';

/**
 * `npm run bench [-- NAME …] [--json] [--runs N]`: measures, prints, and writes docs/benchmarks.md when all
 * benches ran. Exits with 1 when a target is missed.
 */
export async function bench(
  args: readonly string[],
  paths: { readonly cli: string; readonly document: string },
  emulator: Emulator,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, runs: { type: 'string', default: '5' } },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number from 1 on');
  const all: readonly Bench[] = [start(paths.cli), scenarios(paths.cli), lanes(emulator)];
  const unknown = positionals.find((name) => !all.some((known) => known.name === name));
  if (unknown !== undefined)
    throw new Error(`no bench ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`);
  const chosen = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));

  const note = (text: string) => process.stderr.write(`${text}\n`);
  const sections: { readonly bench: Bench; readonly rows: readonly Row[] }[] = [];
  for (const one of chosen) {
    note(one.about);
    sections.push({ bench: one, rows: await one.measure(runs, note) });
  }
  const rows = sections.flatMap((section) => section.rows);
  const tables = sections
    .map((section) => `## ${section.bench.name}\n\n${section.bench.about}\n\n${table(section.rows)}`)
    .join('\n');
  process.stdout.write(values.json ? `${JSON.stringify({ machine: machine(), rows })}\n` : `${tables}`);
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
