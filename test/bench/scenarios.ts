import { inTurn } from './in-turn';
import { layeredRepository } from './layered-repository';
import { atMost, type Bench, moreThan, type Row, ratio } from './row';
import { createPlace, type PlanRun } from './run-plan';
import { createShellRun } from './shell-run';

/** The specification's table: time in ms without and with cache, improvement in %, peak memory in MB. */
const SCENARIOS = [
  { name: 'Small', items: 10, workers: 2, without: 150, with: 120, improvement: 20, peak: 80 },
  { name: 'Medium', items: 50, workers: 4, without: 800, with: 500, improvement: 37, peak: 250 },
  { name: 'Large', items: 100, workers: 8, without: 2500, with: 1200, improvement: 52, peak: 450 },
  { name: 'X-Large', items: 200, workers: 16, without: 6000, with: 2800, improvement: 53, peak: 850 },
] as const;

const SPECIFICATION = 'specification';

export const scenarios = (cli: string): Bench => ({
  name: 'scenarios',
  about:
    'The four scenarios of the specification: a dry run over real branches, without cache and with a warm one. The smallest beside a shell script of the git commands that it takes at least (test/bench/shell-run.ts).',
  async measure(runs, note) {
    const rows: Row[] = [];
    for (const scenario of SCENARIOS) {
      note(`${scenario.name}: ${scenario.items} items, ${scenario.workers} workers`);
      rows.push(...(await measureScenario(cli, scenario, runs)));
    }
    return rows;
  },
});

async function measureScenario(
  cli: string,
  scenario: (typeof SCENARIOS)[number],
  runs: number,
): Promise<Row[]> {
  const { repository, plan } = layeredRepository(scenario.items, scenario.workers);
  const place = createPlace(cli, repository);
  const script = createShellRun(repository, scenario.workers);
  // The script starts six processes an item: of many items that says nothing.
  const shell = scenario.items > 10 ? undefined : script.run;
  const { without, cached, theirs } = await inTurn(runs, {
    without: async () => ran(await place.run(plan({ enableCaching: false }, 'true'))),
    cached: async () => ran(await place.run(plan({}, 'true'))),
    theirs: async () => shell?.() ?? 0,
  });
  const of = (read: (ran: Ran) => number, from = without) => from.map(read);
  const name = `${scenario.name} (${scenario.items} items, ${scenario.workers} workers)`;
  const againstShell = {
    ours: of(({ runMs }) => runMs),
    theirs,
    unit: 'ms',
    peer: 'git in a shell',
  };
  const improvement = without.map((ran, turn) => 100 * (1 - cached[turn]!.runMs / ran.runMs));
  return [
    atMost(
      `${name}: run without cache`,
      'ms',
      of(({ runMs }) => runMs),
      scenario.without,
      SPECIFICATION,
    ),
    ...(shell === undefined ? [] : [ratio(`${name}: run without cache, by git in a shell`, againstShell)]),
    atMost(
      `${name}: run with cache`,
      'ms',
      of(({ runMs }) => runMs, cached),
      scenario.with,
      SPECIFICATION,
    ),
    moreThan(`${name}: improvement`, '%', improvement, scenario.improvement, SPECIFICATION),
    atMost(
      `${name}: peak heap`,
      'MB',
      of(({ heapMB }) => heapMB),
      scenario.peak,
      SPECIFICATION,
    ),
    atMost(
      `${name}: peak memory of the process`,
      'MB',
      of(({ peakMB }) => peakMB),
      150,
    ),
  ];
}

interface Ran {
  /** From the start of the run to its end, without the start of Node.js. */
  readonly runMs: number;
  readonly heapMB: number;
  readonly peakMB: number;
}

function ran({ report, peakMB }: PlanRun): Ran {
  const runMs = Date.parse(report.endedAt) - Date.parse(report.startedAt);
  return { runMs, heapMB: (report.metrics.memory_usage_bytes?.max ?? 0) / 2 ** 20, peakMB };
}
