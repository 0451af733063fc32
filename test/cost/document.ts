import { type Bill, billOf, PARTS } from '../../lib/cost/bill';
import { countersOf } from '../../lib/cost/model';
import { type Prices, priceList } from '../../lib/cost/prices';
import type { StackShape } from '../../lib/cost/stack-shape';
import type { Usage } from '../../lib/cost/usage';
import { formatUsd } from '../../lib/cost/usd';
import { formatDuration } from '../../lib/report/duration';
import { elsewhere } from './elsewhere';
import { idle } from './idle';
import { ingredients } from './ingredients';
import type { MeasuredFile } from './measured';
import { type Scenario, simulate } from './simulate';
import { table } from './table';
import { shapeOf, type Template } from './template';

const GATE_SECONDS = 60;
const SIZES = [
  { items: 100, lanes: 20 },
  { items: 1_000, lanes: 40 },
  { items: 10_000, lanes: 200 },
];
/** What the other tables change one thing of. */
const USUAL = { items: 1_000, lanes: 40, gateSeconds: GATE_SECONDS, remembered: 0 };

/** docs/cost.md. */
export function writeDocument(template: Template, measured: MeasuredFile, prices: Prices): string {
  const stack = shapeOf(template);
  const { seconds } = measured.coefficients;
  const usages = new Map<string, Usage>();
  /** The same scenario is priced in several ways. */
  const usageOf = (scenario: Scenario) => {
    const key = JSON.stringify(scenario);
    const usage = usages.get(key) ?? simulate(scenario, seconds).usage;
    usages.set(key, usage);
    return usage;
  };
  const cost = (scenario: Scenario, changed = stack) => costOf(usageOf(scenario), changed, measured, prices);
  const usual = cost(USUAL);
  const parts = PARTS.filter((part) => usual.bill.parts[part] > 0);
  const { memoryMB } = stack.functions.gate!;
  return `# What runs cost on AWS

Computed by \`npm run cost\` from the stack as it is synthesised, the state machines, what was measured on the emulator
(${measured.coefficients.emulator}, ${measured.coefficients.date}), and list prices (${priceList(prices)}). Amounts are in USD, without the account's monthly free
tiers, volume discounts and taxes. Only the prices of us-east-1 are known here; those of other regions differ.

A run says itself what it cost: \`report.json\` has [\`cost\`](report.md#the-run), \`report.md\` and the summary have a line, and
CloudWatch has \`lex_pr_run_cost_usd\` ([monitoring.md](monitoring.md#on-aws)). That is computed in the same way from what the
run's store holds: an estimate, to be compared with the bill now and then.

## 100, 1,000 and 10,000 items

Each item has one gate of ${GATE_SECONDS} s; items are in stacks of five; the gate runs once more on the woven commit. Gates have
${memoryMB} MB on ${stack.architecture}, everything else is as the stack has it by default. _Remembered_: that part of the items
was tested before on the same content.

${table(
  ['items', 'lanes', 'remembered', 'takes', ...parts, '**all**', 'an item'],
  SIZES.flatMap((size) =>
    [0, 0.5].map((remembered) => {
      const { bill, usage } = cost({ ...size, gateSeconds: GATE_SECONDS, remembered });
      return [
        size.items.toLocaleString('en'),
        String(size.lanes),
        `${remembered * 100} %`,
        formatDuration(usage.seconds * 1000),
        ...parts.map((part) => formatUsd(bill.parts[part])),
        `**${formatUsd(bill.usd)}**`,
        formatUsd(bill.usd / size.items),
      ];
    }),
  ),
)}

- _gates_: the functions in which gates run; _functions_: all others, the command line that follows the run every ten seconds
  included; _workflow_: transitions of Step Functions; _tables_: DynamoDB; _files_: S3; _monitoring_: metrics, logs and
  traces. In reports _builds_ are gates in containers: each minute of CodeBuild that was begun, from when the gate was handed
  out, larger machines by their processors.
- Lanes cost next to nothing: a lane that waits is a task token. So take as many as the account's concurrency has room for.

## What dominates, and how to lower it

Of a run of 1,000 items: ${shares(usual.bill)}. What that run costs when one thing is
different:

${table(
  ['1,000 items', 'costs'],
  [
    ['as above', formatUsd(usual.bill.usd)],
    ...[1_024, 4_096].map((memory) => [
      `gates with ${memory} MB, as fast`,
      formatUsd(cost(USUAL, withGate(stack, { memoryMB: memory })).bill.usd),
    ]),
    ['on x86_64', formatUsd(cost(USUAL, { ...stack, architecture: 'x86_64' }).bill.usd)],
    ['half of it remembered', formatUsd(cost({ ...USUAL, remembered: 0.5 }).bill.usd)],
    ['gates of 10 s', formatUsd(cost({ ...USUAL, gateSeconds: 10 }).bill.usd)],
    ['gates of 1 s', formatUsd(cost({ ...USUAL, gateSeconds: 1 }).bill.usd)],
    [
      'gates as builds of two minutes',
      formatUsd(costOf(asBuilds(usual.usage), stack, measured, prices).bill.usd),
    ],
    ['200 lanes', formatUsd(cost({ ...USUAL, lanes: 200 }).bill.usd)],
  ],
)}

- **Memory of gates** (\`sizes.gate.memoryMB\`, [deploy.md](deploy.md)): Lambda gives processors with memory, one for 1,769 MB. A
  gate that uses one processor gains nothing from more; one that scales costs the same and is done earlier. The metric
  \`lex_pr_memory_rss_bytes\` shows our part of it, CloudWatch Lambda Insights all of it.
- **arm64** is a fifth cheaper than x86_64 for the same time.
- **Remembered gates** cost nothing but a look into a table: leave \`cache: tree\` wherever a gate reads nothing but its tree.
- **Short gates** are handed out in groups of some twenty seconds, so that transitions cost little beside them. Gates in containers
  are not: each is a build of its own.
- **Longer batches** (\`policy.performance.batchSize\`) save calls of \`merge\`, which are few already.

## What a run is made of

For 1,000 items as above:

${ingredients(usual.counters, stack, prices)}

## While nothing runs

${idle(template, prices)}

## The same gates elsewhere

${elsewhere(GATE_SECONDS, stack, prices)}

## What is not in it

- Traffic to the git host: in is free, a push out of AWS is billed as any traffic to the internet.
- The repository in S3: each run stores the history of its base as a bundle until it expires, ${formatUsd(prices.services.s3.usd.gbMonth)} for
  each GB and month. What was measured was a repository of some KB.
- Artifacts of gates, and what gates use of other services.
- Starting functions: since August 2025 Lambda bills the time that a function takes to start. It is a second or two for each
  function that runs at once, and more for large images.
- Retries that leave no trace in the store: a function that Step Functions called again because Lambda had no room.
- A secret of the repositories (${formatUsd(prices.services.secretsManager.usd.secretMonth)} a month) and a NAT gateway are yours, where you have them.

## How good this is

\`npm run cost -- --measure\` runs two plans on the emulator, whose functions reach its services through a proxy that counts as
AWS bills, and takes from them what goes with a turn, a commit, a gate, a batch. A third plan (${measured.check.size.items} items with ${measured.check.size.gates}
gates each, ${measured.check.size.lanes} lanes) shows how far off that is:

${table(
  ['', 'counted', 'computed', 'off by'],
  Object.entries(measured.check.counts).map(([name, { counted, computed }]) => [
    name,
    String(counted),
    String(computed),
    `${Math.round(((computed - counted) / counted) * 100) + 0} %`,
  ]),
)}

Jobs are the most uncertain of it: calls that come at once may write the same job, and with short gates on a busy machine they often
do. How long functions take beside the gates themselves was measured there too (the fastest tenth, because the machine had other
things to do): ${durations(measured)}. Lambda is another machine. If all of that took twice as long, the run of 1,000 items would cost
${formatUsd(costOf(usageOf(USUAL), stack, slower(measured), prices).bill.usd)} instead of ${formatUsd(usual.bill.usd)}. Transitions and calls follow from the state machines, and a test holds
them against their definitions. Logs are counted with 400 bytes an event of Step Functions and 500 a call of a function. Builds are
not among what was measured, because the emulator has none: requests around a build are counted as those around a gate.

Prices are in [lib/cost/prices.json](../lib/cost/prices.json), each with the page it is from; they were looked up in copies of
these pages on the day named above, not in a live price list. With a file of the same form \`npm run cost -- --prices FILE\` prints
this page for other prices.
`;
}

function costOf(usage: Usage, stack: StackShape, { coefficients }: MeasuredFile, prices: Prices) {
  const counters = countersOf(usage, stack, coefficients);
  return { counters, bill: billOf(counters, stack.architecture, prices), usage };
}

/** The same, had each gate been one in a container. */
function asBuilds(usage: Usage): Usage {
  const { gate } = usage.turns;
  const turns = { ...usage.turns, gate: 0, build: gate };
  return { ...usage, turns, gates: 0, gateSeconds: 0, buildMinutes: 2 * gate, packs: gate };
}

const withGate = (stack: StackShape, size: { readonly memoryMB: number }): StackShape => ({
  ...stack,
  functions: { ...stack.functions, gate: { ...stack.functions.gate!, ...size } },
});

/** Parts by their size, those of less than one in a hundred left out. */
const shares = ({ usd, parts }: Bill) =>
  PARTS.filter((part) => parts[part] >= usd / 100)
    .sort((a, b) => parts[b] - parts[a])
    .map((part) => `${part} ${Math.round((parts[part] / usd) * 100)} %`)
    .join(', ');

const durations = ({ coefficients }: MeasuredFile) =>
  Object.entries(coefficients.seconds)
    .map(([name, value]) => `\`${name}\` ${value} s`)
    .join(', ');

const slower = (measured: MeasuredFile): MeasuredFile => {
  const { coefficients } = measured;
  const twice = Object.entries(coefficients.seconds).map(([name, value]) => [name, value * 2]);
  return { ...measured, coefficients: { ...coefficients, seconds: Object.fromEntries(twice) } };
};
