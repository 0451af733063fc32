import { billOf } from '../../lib/cost/bill';
import { NOTHING } from '../../lib/cost/counters';
import { FREE_STORAGE_MB } from '../../lib/cost/model';
import type { Prices } from '../../lib/cost/prices';
import type { StackShape } from '../../lib/cost/stack-shape';
import { table } from './table';

/** MB of memory with which Lambda gives one processor (developer guide, "Configure Lambda function memory"). */
const MB_A_PROCESSOR = 1_769;

/** GitHub's page "Actions runner pricing", rates from 1 January 2026 on. */
const GITHUB = {
  page: 'https://docs.github.com/en/billing/reference/actions-runner-pricing',
  x64: 0.006,
  arm: 0.005,
};

/** Prices of a minute of machines on which gates could run as well; no claim is made about how fast they are. */
export function elsewhere(gateSeconds: number, { functions }: StackShape, prices: Prices): string {
  const { codeBuild } = prices.services;
  const { memoryMB, storageMB } = functions.gate!;
  const gate = {
    calls: 1,
    gbSeconds: (memoryMB / 1024) * 60,
    storageGbSeconds: ((storageMB - FREE_STORAGE_MB) / 1024) * 60,
  };
  const lambda = (architecture: 'arm64' | 'x86_64') =>
    billOf({ ...NOTHING, functions: { gate } }, architecture, prices).usd;
  const processors = memoryMB / MB_A_PROCESSOR;
  const machines: [string, number, number, string][] = [
    [`Lambda, ${memoryMB} MB, arm64`, processors, lambda('arm64'), 'millisecond'],
    [`Lambda, ${memoryMB} MB, x86_64`, processors, lambda('x86_64'), 'millisecond'],
    ['CodeBuild, arm1.small', 2, codeBuild.usd.minuteArm64, 'minute'],
    ['CodeBuild, general1.small', 2, codeBuild.usd.minuteX86, 'minute'],
    ['GitHub-hosted runner, Linux 2-core arm64 (larger runner)', 2, GITHUB.arm, 'minute'],
    ['GitHub-hosted runner, Linux 2-core', 2, GITHUB.x64, 'minute'],
  ];
  return `What a minute costs, as far as list prices tell ([GitHub's](${GITHUB.page}) from 2026 on; minutes that a plan includes left
out):

${table(
  ['', 'processors', 'a minute', 'a minute and processor', 'rounded up to a'],
  machines.map(([name, cores, usd, unit]) => [
    name,
    cores === 2 ? '2' : cores.toFixed(2),
    `$${usd.toFixed(4)}`,
    `$${(usd / cores).toFixed(4)}`,
    unit,
  ]),
)}

This says what is paid, not what is got: the machines differ in processors, memory, disk and start-up, and a gate that keeps two
processors busy takes longer on one. Where minutes are rounded up, a gate of ${gateSeconds} s with its checkout is two of them. Measure your own
gates before you choose.`;
}
