import { refuse } from '../../errors';
import { loadPlan } from '../../plan/load';
import type { Plan } from '../../plan/plan';
import { planText } from '../../plan/read-plan';
import { type Blobs, blobKeys } from './blobs';
import { checkAwsPlan } from './check-plan';
import { DEFAULT_LANES } from './lanes';
import { repositoryUrl } from './repository-url';
import type { RunRequest } from './request';

/** The document of a run as it was handed in. @throws InputError where there is none */
export async function readDocument(blobs: Blobs, run: string, document: string): Promise<Buffer> {
  const found = await blobs.get(blobKeys.plan(run, document));
  if (found === undefined)
    throw refuse('no-plan', `no plan was handed in for run ${run}`, 'hand it in again');
  return found;
}

const NO_REPOSITORY = {
  code: 'no-repository',
  message: 'the plan names no repository',
  path: [],
  hint: 'add `repository: https://…`',
};

/**
 * A plan for this engine, with the URL of its repository in the normal form.
 * @throws InputError with every problem of the document, or with what this engine cannot run
 */
export function parsePlan(
  document: Uint8Array,
  { file, repository }: Pick<RunRequest, 'file' | 'repository'>,
): Plan {
  const plan = loadPlan(planText(document, file), {
    file,
    cwd: '/',
    defaultRepository: repository ?? '',
    defaultWorkers: DEFAULT_LANES,
    *check(document) {
      if (document.repository === undefined && repository === null) yield NO_REPOSITORY;
      yield* checkAwsPlan(document);
    },
  });
  return { ...plan, repository: repositoryUrl(plan.repository) };
}
