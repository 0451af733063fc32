import type { StackShape } from '../cost/stack-shape';
import { FUNCTION_NAMES, FUNCTIONS } from './function-table';
import type { Settings } from './settings';

/** What of the stack the cost of its runs depends on. */
export function shapeOf({ architecture, retention, sizes }: Settings): StackShape {
  const functions = FUNCTION_NAMES.map((name) => {
    const { memoryMB, storageMB } = { ...FUNCTIONS[name], ...sizes[name] };
    return [name, { memoryMB, storageMB }];
  });
  return {
    architecture: architecture.name === 'arm64' ? 'arm64' : 'x86_64',
    retentionDays: retention.toDays(),
    functions: Object.fromEntries(functions),
  };
}
