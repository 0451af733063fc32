import { z } from 'zod';
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

/** Which run an execution was of, and how it ended. @throws ZodError for another event */
export function executionEvent(event: unknown): { run: string; generation: number; why: string } {
  const { status, input, error, cause } = schema.parse(event).detail;
  const { run, generation } = reportCall.parse(JSON.parse(input));
  return { run, generation, why: [status, error, cause].filter(Boolean).join(': ').slice(0, 2_000) };
}
