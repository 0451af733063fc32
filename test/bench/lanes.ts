import { setTimeout as pause } from 'node:timers/promises';
import { openControl } from '../../lib/engine/aws/control-client';
import { downloadText, uploadText } from '../../lib/engine/aws/transfer';
import type { Report } from '../../lib/report/report';
import { serveRepository } from '../support/git-http-server';
import { TestRepository } from '../support/repository';
import { inTurn } from './in-turn';
import { type Bench, ratio } from './row';

/** What `scripts/` has for an AWS emulator. */
export interface Emulator {
  startEmulator(): Promise<{
    readonly environment: Readonly<Record<string, string>>;
    stop(): Promise<void>;
  }>;
  deployToEmulator(
    environment: Readonly<Record<string, string>>,
    context: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>>;
}

const STACKS = 4;
const LEVELS = 6;
/** One slow gate on each level, and in each stack now and then. */
const seconds = (stack: number, level: number) => ((stack + level) % STACKS === 0 ? 3 : 0.4);
const name = (stack: number, level: number) => `s${stack}-${level}`;

/** @param barriers makes every item depend on all items of the level before, instead of on one of them */
function planFor(repository: string, barriers: boolean) {
  const items = Array.from({ length: STACKS * LEVELS }, (_, k) => {
    const [stack, level] = [k % STACKS, Math.floor(k / STACKS)];
    const before = Array.from({ length: STACKS }, (_, other) => other).filter(
      (other) => barriers || other === stack,
    );
    return {
      name: name(stack, level),
      deps: level === 0 ? [] : before.map((other) => name(other, level - 1)),
      gates: [{ name: 'test', run: `sleep ${seconds(stack, level)}`, cache: 'off' }],
    };
  });
  const policy = { maxWorkers: STACKS, integration: 'none' };
  return JSON.stringify({ schemaVersion: 'v1', repository, target: 'main', policy, items });
}

export const lanes = ({ startEmulator, deployToEmulator }: Emulator): Bench => ({
  name: 'lanes',
  about:
    'On an AWS emulator, four stacks of six items with uneven gates on four lanes: from the first start of a gate to the last end, against the same items level by level with barriers.',
  async measure(runs, note) {
    const repo = TestRepository.create();
    for (let level = 0; level < LEVELS; level += 1)
      repo.branches(
        Array.from({ length: STACKS }, (_, stack) => ({
          name: name(stack, level),
          ...(level > 0 && { from: name(stack, level - 1) }),
        })),
      );
    const server = await serveRepository(`${repo.path}/.git`);
    const emulator = await startEmulator();
    try {
      note('deploying to the emulator');
      Object.assign(process.env, emulator.environment);
      await deployToEmulator(emulator.environment, { functions: 'zip' });
      const makespan = (barriers: boolean) => measureRun(planFor(server.url, barriers));
      // The first run starts the functions' processes.
      await makespan(false);
      const { ours, theirs } = await inTurn(
        runs,
        { theirs: () => makespan(true), ours: () => makespan(false) },
        { warmUp: false },
      );
      return [ratio('makespan on AWS', { ours, theirs, unit: 's', peer: 'levels with barriers' }, 0.7)];
    } finally {
      await emulator.stop();
      await server.close();
      repo.remove();
    }
  },
});

/** Runs a plan in the stack. @returns seconds from the first start of a gate to the last end */
async function measureRun(plan: string): Promise<number> {
  const control = openControl('LexPr');
  const { run, plan: upload, url } = await control.upload({});
  await uploadText(plan, url, 'application/json');
  await control.submit({ run, plan: upload, request: {} });
  for (;;) {
    const { ended, refusal } = await control.follow({ run, after: 0 });
    if (refusal !== undefined) throw new Error(JSON.stringify(refusal));
    if (ended) break;
    await pause(500);
  }
  const { files } = await control.report({ run });
  const { url: document } = files.find(({ path }) => path === 'report.json')!;
  const { items, status }: Report = JSON.parse(await downloadText(document, 2 ** 24, 'the report'));
  if (status !== 'merged') throw new Error(`the run has ended as ${status}`);
  const gates = items.flatMap((item) => item.gates);
  const start = Math.min(...gates.map(({ startedAt }) => Date.parse(startedAt!))) / 1000;
  return Math.max(...gates.map(({ endedAt }) => Date.parse(endedAt!))) / 1000 - start;
}
