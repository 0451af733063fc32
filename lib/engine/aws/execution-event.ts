import * as z from 'zod';
import { reportCall } from './protocol';

/** "Step Functions Execution Status Change" of EventBridge, as far as it matters. */
const schema = z.object({
  detail: z.object({
    status: z.string(),
    input: z.string(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

/** An execution of the run machine that has ended otherwise than it should. */
export interface FailedExecution {
  readonly run: string;
  readonly generation: number;
  /** The line that the run is in, where its execution knows it. */
  readonly target?: string | undefined;
  readonly why: string;
}

const started = reportCall.extend({ target: z.string().optional() });

/** Which run an execution was of, and how it ended. @throws ZodError for another event */
export function executionEvent(event: unknown): FailedExecution {
  const { status, input, error, cause } = schema.parse(event).detail;
  const { run, generation, target } = started.parse(JSON.parse(input));
  return { run, generation, target, why: [status, error, cause].filter(Boolean).join(': ').slice(0, 2_000) };
}
