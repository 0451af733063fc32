import * as z from 'zod';
import { parseGates } from '../../discover/gates';
import { InputError } from '../../errors';
import { BRANCH_NAME } from '../../plan/branch-name';

/** A field of a commit's author line. */
const identity = z.string().regex(/^[^<>\p{Cc}\p{Cs}]{1,255}$/u, { error: 'not a name that git accepts' });

/** A line of text that goes into reports and commits. */
const line = (length: number) =>
  z.string().regex(new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${length}}$`, 'u'), {
    error: `must have 1 to ${length} characters, none of them a control character`,
  });

/** Who answers for which gate, and why. */
export const overrideFields = {
  item: line(255),
  gate: line(255),
  user: line(255),
  reason: line(500),
};
/** Who asks for it, as far as that is known. */
export const askedBy = line(255).nullable().default(null);

/** How a run was asked for; with the document in the bucket this is all that `prepare` needs. */
export const requestSchema = z.strictObject({
  execute: z.boolean().default(false),
  gatesOnly: z.boolean().default(false),
  /** Replaces policy.maxWorkers. */
  maxWorkers: z.int().min(1).max(10_000).nullable().default(null),
  /** For a plan that names no repository. */
  repository: z.string().max(4_096).nullable().default(null),
  /** Who asks for the run: the name on woven commits. */
  committer: z.strictObject({ name: identity, email: identity }).nullable().default(null),
  /** What messages call the document. */
  file: z.string().max(4_096).default('plan'),
  /** Gates that count as passed, each for one head of its item. */
  overrides: z
    .array(
      z.strictObject({
        ...overrideFields,
        by: askedBy,
        head: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i, { error: 'not a full commit id' }),
      }),
    )
    .max(1_000)
    .optional(),
});
export type RunRequest = z.output<typeof requestSchema>;

const pattern = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,1000}$/u, { error: 'not a pattern of branch names' });

const gate = z.string().check(({ value, issues }) => {
  try {
    parseGates([value]);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const { message } of error.problems) issues.push({ code: 'custom', input: value, message });
  }
});

/** A plan that is made when its run is prepared, of the branches that there are then. */
export const branchesSchema = z.strictObject({
  from: z.literal('branches'),
  /** URL. */
  repository: z.string().min(1).max(4_096),
  /** Known before the repository is looked at: a run waits for its target. */
  target: z.string().regex(BRANCH_NAME, { error: 'not a branch name that git accepts' }).default('main'),
  /** As for `git branch --list`; none: all that the target does not contain. */
  branches: z.array(pattern).max(1_000).default([]),
  /** `NAME=COMMAND`; none: what the files of the target suggest. */
  gates: z.array(gate).max(100).default([]),
  /** Whether branches that change a same file depend on one another. */
  infer: z.literal('overlap').nullable().default(null),
  /** `allow`: where there are no gates, merge without any. Else that is refused. */
  ungated: z.literal('allow').nullable().default(null),
});
export type BranchesRequest = z.output<typeof branchesSchema>;

/** A request as the run's row has it. */
export const submissionSchema = requestSchema.extend({
  /** Which of the documents that were handed in, or what to make a plan of. */
  plan: z.union([z.string(), branchesSchema]),
  /** Which schedule has asked, if one has. */
  schedule: z.string().nullable().default(null),
  /** The plan has something that is not to wait for other runs. */
  hotfix: z.boolean().default(false),
});
/** What of it the line for a target needs. */
export const urgencySchema = z.object({ hotfix: submissionSchema.shape.hotfix });
export type Submission = z.output<typeof submissionSchema>;
