import type { StackShape } from '../cost/stack-shape';
import { FUNCTION_NAMES, FUNCTIONS } from './function-table';
import type { Settings } from './settings';

/** What of the stack the cost of its runs depends on. */
export function shapeOf({ architecture, retention, builds, sizes }: Settings): StackShape {
  const functions = FUNCTION_NAMES.map((name) => {
    const { memoryMB, storageMB } = { ...FUNCTIONS[name], ...sizes[name] };
    return [name, { memoryMB, storageMB }];
  });
  return {
    architecture: architecture.name === 'arm64' ? 'arm64' : 'x86_64',
    retentionDays: retention.toDays(),
    buildProcessors: processorsOf(builds.computeType),
    functions: Object.fromEntries(functions),
  };
}

/** Of CodeBuild's machines (user guide, "Build environment compute types"). */
const PROCESSORS: Readonly<Record<string, number>> = {
  BUILD_GENERAL1_SMALL: 2,
  BUILD_GENERAL1_MEDIUM: 4,
  BUILD_GENERAL1_LARGE: 8,
  BUILD_GENERAL1_XLARGE: 36,
  BUILD_GENERAL1_2XLARGE: 72,
};

export const processorsOf = (computeType = 'BUILD_GENERAL1_SMALL'): number => PROCESSORS[computeType] ?? 2;
