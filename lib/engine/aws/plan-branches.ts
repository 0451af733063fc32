import { remoteBranches } from '../../discover/branch-source';
import { discoverIn } from '../../discover/discover';
import { type PlanDraft, planDocument } from '../../discover/document';
import type { Note } from '../../discover/note';
import { planYaml } from '../../discover/yaml';
import { refuse } from '../../errors';
import type { Plan } from '../../plan/plan';
import { withBranchesOf } from '../../repository/branch-view';
import { blobKeys } from './blobs';
import { detailOnce } from './detail-once';
import { log } from './function-log';
import type { PrepareServices } from './prepare-run';
import { parsePlan } from './read-plan';
import type { BranchesRequest } from './request';

/** The detail of the store that holds the plan that was made. */
const PLANNED = 'planned';

interface Planned {
  readonly document: PlanDraft;
  readonly notes: readonly Note[];
}

/**
 * The plan of a run for the branches of its repository, as the first call has found them; each is pinned at the head
 * that its dependencies were read from. The document lies among the files of the run as `plan.yaml`.
 * @returns the plan, and what a reader of the report should know of how it was made
 * @throws InputError for what discovery refuses, and where nothing would be checked before it merges
 */
export async function planBranches(
  services: PrepareServices,
  run: string,
  request: BranchesRequest,
): Promise<{ readonly plan: Plan; readonly warnings: readonly string[] }> {
  const { blobs, store } = services;
  const planned = await detailOnce(store, run, PLANNED, async () =>
    JSON.stringify(await find(services, request)),
  );
  const { document, notes } = JSON.parse(planned) as Planned;
  const text = planYaml(document);
  const plan = parsePlan(Buffer.from(text), { file: 'plan.yaml', repository: null });
  await blobs.put(blobKeys.file(run, 'plan.yaml'), text, 'application/yaml');
  const warnings = notes.filter(({ event, warn }) => warn || event === 'empty');
  return { plan, warnings: warnings.map(({ message }) => message) };
}

async function find(services: PrepareServices, request: BranchesRequest): Promise<Planned> {
  const { withRepository, scratch, cache } = services;
  const { repository, target, branches, gates, infer, ungated } = request;
  const options = {
    ...{ target, branches, gate: gates },
    ...(infer !== null && { infer }),
    // Branches that have merged are deleted: a night without any is none to wake somebody up.
    allowVain: true,
  };
  const discovery = await withRepository(repository, (workspace) =>
    withBranchesOf(workspace, scratch, (git) => discoverIn(remoteBranches(git, cache), options)),
  );
  const { items } = discovery;
  if (items.length > 0 && discovery.gates.length === 0 && ungated !== 'allow')
    throw refuse(
      'no-gates',
      `nothing would be checked before it merges: ${target} suggests no gates, and none are given`,
      "give gates, or say `ungated: 'allow'`",
    );
  // With nothing to merge there is nothing that could go unchecked.
  const notes = discovery.notes.filter(({ event }) => items.length > 0 || event !== 'ungated');
  for (const { event, message, warn } of notes) log[warn ? 'warn' : 'info']('plan', message, { note: event });
  return { document: planDocument(discovery, { repository, pin: true }), notes };
}
