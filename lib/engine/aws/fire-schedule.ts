import { hasHotfix } from '../../plan/priority';
import type { TargetQueue } from '../../run/target-queue';
import type { Sample } from '../../telemetry/samples';
import type { Blobs } from './blobs';
import type { Submitted } from './control-protocol';
import { type Firing, runOfFiring } from './firing';
import { log, logWith } from './function-log';
import { keepPlan } from './kept-plan';
import { parsePlan } from './read-plan';
import { submissionSchema } from './request';
import { lineOf } from './run-queue';
import { type Asked, type SubmitServices, submitRun } from './submit-run';

export interface ScheduleServices extends SubmitServices {
  readonly blobs: Blobs;
  readonly queue: TargetQueue;
  /** A file that was stored with the stack. */
  readonly readStored: (bucket: string, key: string) => Promise<Buffer | undefined>;
  readonly send: (samples: readonly Sample[]) => Promise<void>;
}

/** `skipped`: nothing was started, because that run is under way on the target. */
export type Fired = Submitted | { readonly skipped: string };

/**
 * A schedule is due: its run is started, once. With `whenBusy: skip` nothing happens as long as another run on its
 * target has not ended.
 * @param call the id of this call, see `runOfFiring`
 * @throws InputError for a stored plan that cannot be run; what the services throw. Another try may help
 */
export function fireSchedule(services: ScheduleServices, firing: Firing, call: string): Promise<Fired> {
  const { schedule } = firing;
  const run = runOfFiring(firing, call);
  return logWith({ schedule, run }, async () => {
    const busy = firing.whenBusy === 'skip' ? await otherRun(services, firing, run) : undefined;
    if (busy === undefined) return submitRun(services, run, () => ask(services, run, firing));
    log.info('skipped', `run ${busy} is under way on the target`, { busy });
    const counted = { name: 'lex_pr_schedule_skips_total', unit: 'Count', value: 1 } as const;
    await services.send([{ ...counted, dimensions: { schedule } }]);
    return { skipped: busy };
  });
}

async function ask(services: ScheduleServices, run: string, firing: Firing): Promise<Asked> {
  const { schedule, execute, maxWorkers, plan } = firing;
  const { text, hotfix, ...place } = await read(services, firing);
  const submission = (rest: object) => submissionSchema.parse({ schedule, execute, maxWorkers, ...rest });
  if ('from' in plan) return { ...place, submission: submission({ plan }) };
  const document = await keepPlan(services.blobs, run, text!);
  return { ...place, submission: submission({ plan: document, file: plan.file, hotfix }) };
}

/** Where a firing wants to merge, and what its stored plan says. */
async function read({ readStored }: ScheduleServices, { schedule, plan }: Firing) {
  if ('from' in plan) return { repository: plan.repository, target: plan.target };
  const text = await readStored(plan.bucket, plan.key);
  if (text === undefined) throw new Error(`the plan of schedule ${schedule} is not where it was stored`);
  const parsed = parsePlan(text, { file: plan.file, repository: null });
  const { repository, target } = parsed;
  return { repository, target, text, hotfix: hasHotfix(parsed) };
}

/**
 * A run on the target that has been submitted and has not ended; none where the own run is there already, whose
 * firing was delivered before.
 */
async function otherRun(
  services: ScheduleServices,
  firing: Firing,
  own: string,
): Promise<string | undefined> {
  const { index, queue } = services;
  if ((await index.get(own)) !== undefined) return undefined;
  const { repository, target } = await read(services, firing);
  const key = lineOf(repository, target);
  const [open, line] = await Promise.all([index.open(), queue.list(key)]);
  // Those that were submitted just now may be missing in the one, those that are not in line yet in the other.
  const ids = new Set([
    ...line.map(({ run }) => run),
    ...open.filter((one) => one.target === key).map(({ id }) => id),
  ]);
  // Another call of this firing may have submitted it meanwhile.
  ids.delete(own);
  for (const id of ids) {
    const found = await index.get(id);
    if (found !== undefined && found.endedAt === undefined) return id;
  }
  return undefined;
}
