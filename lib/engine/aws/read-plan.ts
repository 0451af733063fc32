import { refuse } from '../../errors';
import { loadPlan } from '../../plan/load';
import type { Plan } from '../../plan/plan';
import { type Blobs, blobKeys } from './blobs';
import { checkAwsPlan } from './check-plan';
import { repositoryUrl } from './repository-url';
import type { RunRequest } from './request';

/** As many lanes as an inline Map carries; a lane without work costs next to nothing. */
const DEFAULT_WORKERS = 40;

/**
 * The plan of a run as it was handed in.
 * @throws InputError with every problem of the document, or with what this engine cannot run
 */
export async function readSubmittedPlan(
  blobs: Blobs,
  run: string,
  document: string,
  request: Pick<RunRequest, 'file' | 'repository'>,
): Promise<Plan> {
  const text = await blobs.get(blobKeys.plan(run, document));
  if (text === undefined) throw refuse('no-plan', `no plan was handed in for run ${run}`, 'hand it in again');
  return parsePlan(text.toString('utf8'), request);
}

const NO_REPOSITORY = {
  code: 'no-repository',
  message: 'the plan names no repository',
  path: [],
  hint: 'add `repository: https://…`',
};

/**
 * A plan for this engine.
 * @throws InputError with every problem of the document, or with what this engine cannot run
 */
export function parsePlan(text: string, { file, repository }: Pick<RunRequest, 'file' | 'repository'>): Plan {
  const plan = loadPlan(text, {
    file,
    cwd: '/',
    defaultRepository: repository ?? '',
    defaultWorkers: DEFAULT_WORKERS,
    *check(document) {
      if (document.repository === undefined && repository === null) yield NO_REPOSITORY;
      yield* checkAwsPlan(document);
    },
  });
  repositoryUrl(plan.repository);
  return plan;
}
