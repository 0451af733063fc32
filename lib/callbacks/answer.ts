import * as z from 'zod';

/** Bytes of a log that an answer can bring. */
export const MAX_LOG_BYTES = 256 * 2 ** 10;
/** Bytes of a whole answer: JSON may write a character of a log with several. */
export const MAX_ANSWER_BYTES = 2 ** 20;

/** What a check that runs elsewhere answers. */
export const answerSchema = z
  .strictObject({
    status: z.enum(['pass', 'fail']).describe('What the check came to.'),
    exitCode: z
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe('Of the command that was run, where there was one.'),
    log: z
      .string()
      .refine((text) => Buffer.byteLength(text) <= MAX_LOG_BYTES, {
        error: `has more than ${MAX_LOG_BYTES} bytes: send its end, and a link to the whole`,
      })
      .optional()
      .describe('Output of the check, or the end of it.'),
    url: z
      .string()
      .max(2_000)
      .regex(/^https?:\/\/[^\s\p{Cc}\p{Cs}]+$/iu, { error: 'is no http or https URL' })
      .refine((text) => URL.canParse(text), { error: 'is no URL' })
      .optional()
      .describe('Where a person can see the check.'),
  })
  .refine(({ status, exitCode = 0 }) => status === 'fail' || exitCode === 0, {
    error: 'is not 0, so the status is not `pass`',
    path: ['exitCode'],
  });

export type Answer = z.output<typeof answerSchema>;

/** Whether two answers say the same. */
export const sameAnswer = (a: Answer, b: Answer): boolean => canonical(a) === canonical(b);

const canonical = ({ status, exitCode, log, url }: Answer) => JSON.stringify([status, exitCode, log, url]);
