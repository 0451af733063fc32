import * as z from 'zod';

const size = z.strictObject({ memoryMB: z.number().min(0), storageMB: z.number().min(0) });

/** What of a stack the cost of its runs depends on. */
export const stackShapeSchema = z.strictObject({
  architecture: z.enum(['arm64', 'x86_64']),
  /** How long rows and files of runs stay. */
  retentionDays: z.number().min(0),
  /** Of the machine that a build gets. */
  buildProcessors: z.number().min(1),
  /** By function. */
  functions: z.record(z.string(), size),
});
export type StackShape = z.output<typeof stackShapeSchema>;
