import type { StackShape } from '../../lib/cost/stack-shape';
import { FUNCTION_NAMES, FUNCTIONS } from '../../lib/infra/function-table';

/** A stack as it is by default. */
export const shape: StackShape = {
  architecture: 'arm64',
  retentionDays: 30,
  buildProcessors: 2,
  functions: Object.fromEntries(
    FUNCTION_NAMES.map((name) => {
      const { memoryMB, storageMB } = FUNCTIONS[name];
      return [name, { memoryMB, storageMB }];
    }),
  ),
};
