import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../lib/report/report';
import type { BenchRepository } from './repository';
import { runCli } from './run-cli';

/** What a plan holds besides version, target and repository. */
export interface PlanBody {
  readonly items: readonly unknown[];
  readonly gates?: readonly unknown[];
  readonly policy: Readonly<Record<string, unknown>>;
}

export interface PlanRun {
  /** Of the whole command, in seconds. */
  readonly seconds: number;
  /** Largest resident set of its process, in MB (2²⁰ bytes). */
  readonly peakMB: number;
  readonly report: Report;
}

/** Where plans run: a folder with a `.lex-pr` of its own, which remembers what ran there. */
export interface Place {
  /** A dry run, from the start of the command line to its exit. @throws Error when not all items would be merged */
  run(plan: PlanBody): Promise<PlanRun>;
}

export function createPlace(cli: string, repository: BenchRepository): Place {
  const folder = mkdtempSync(join(repository.root, 'place-'));
  return {
    async run(body) {
      const file = join(folder, 'plan.json');
      const plan = { schemaVersion: 'v1', target: 'main', repository: repository.path, ...body };
      writeFileSync(file, JSON.stringify(plan));
      const { ms, peakMB, stdout } = await runCli(cli, ['merge', file, '--json'], folder);
      const report: Report = JSON.parse(stdout);
      if (report.status !== 'merged') throw new Error(`the run has ended as ${report.status}`);
      return { seconds: ms / 1000, peakMB, report };
    },
  };
}

/** @returns seconds from the first start of a gate of an item to the last end */
export function makespan({ items }: Pick<Report, 'items'>): number {
  const gates = items.flatMap((item) => item.gates);
  const start = Math.min(...gates.map(({ startedAt }) => Date.parse(startedAt!)));
  return (Math.max(...gates.map(({ endedAt }) => Date.parse(endedAt!))) - start) / 1000;
}
