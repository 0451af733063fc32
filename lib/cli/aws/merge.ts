import { checkAwsPlan } from '../../engine/aws/check-plan';
import { DEFAULT_LANES } from '../../engine/aws/lanes';
import { uploadText } from '../../engine/aws/transfer';
import { loadPlan } from '../../plan/load';
import { readPlanText } from '../../plan/read-plan';
import { userName } from '../cancel-reason';
import type { Cloud, EngineOptions } from '../engine';
import type { Io } from '../io';
import type { MergeCommandOptions } from '../merge';
import { askedOverrides } from '../override-option';
import { openFolder } from './artifact-folder';
import { committerIn } from './committer';
import { followOnAws } from './follow';
import { originUrl } from './origin-url';

/**
 * `lex-pr merge` and `lex-pr run` on AWS: hands a plan in, follows the run, brings its report here.
 * @returns the exit code
 */
export async function mergeOnAws(
  planPath: string,
  options: MergeCommandOptions & EngineOptions,
  cloud: Cloud,
  io: Io,
): Promise<number> {
  const { control } = cloud;
  const { text, file, cwd } = await readPlanText(planPath, io);
  // Refused here all that can be: positions are those of the user's file.
  const plan = loadPlan(text, { file, cwd, defaultRepository: '', check: checkAwsPlan });
  const overrides = askedOverrides(options, plan, userName());
  const repository = plan.repository === '' ? await originUrl(io.cwd) : null;
  const committer = await committerIn(io.cwd);
  const { execute = false, gatesOnly = false, maxWorkers = null, idempotencyKey } = options;
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  const { run, plan: upload, url } = await control.upload(key);
  const folder = await openFolder(run, options.artifactDir, io);
  await uploadText(text, url, 'text/plain; charset=utf-8');
  const request = {
    execute,
    gatesOnly,
    maxWorkers: maxWorkers === 'auto' ? DEFAULT_LANES : maxWorkers,
    repository,
    committer,
    file,
    ...(overrides.length > 0 && { overrides }),
  };
  const { created } = await control.submit({ run, plan: upload, request });
  const first = created
    ? `run ${run} is submitted; Ctrl-C ends the display, not the run`
    : `run ${run} was submitted before, with the same key; Ctrl-C ends the display, not the run`;
  return followOnAws({ cloud, run, folder, first }, options, io);
}
