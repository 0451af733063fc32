import { z } from 'zod';

/** A field of a commit's author line. */
const identity = z.string().regex(/^[^<>\p{Cc}\p{Cs}]{1,255}$/u, { error: 'not a name that git accepts' });

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
});
export type RunRequest = z.output<typeof requestSchema>;

/** A request as the run's row has it. */
export const submissionSchema = requestSchema.extend({
  /** Which of the documents that were handed in. */
  plan: z.string(),
});
export type Submission = z.output<typeof submissionSchema>;
