import type { StackShape } from '../../lib/cost/stack-shape';
import { processorsOf } from '../../lib/infra/shape';

/** A template of CloudFormation. */
export interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        // biome-ignore lint/suspicious/noExplicitAny: whatever CloudFormation knows.
        readonly Properties?: any;
      }
    >
  >;
}

export const resourcesOf = ({ Resources }: Template, type: string) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

/** What of a template the cost of runs depends on. */
export function shapeOf(template: Template): StackShape {
  const functions = resourcesOf(template, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
    const [, name] = /Functions([A-Z]\w*?)[0-9A-F]{8}$/.exec(id) ?? [];
    const { MemorySize: memoryMB, EphemeralStorage } = Properties;
    const size = { memoryMB, storageMB: EphemeralStorage?.Size ?? 512 };
    return name === undefined ? [] : [[name.toLowerCase(), size, Properties.Architectures[0]] as const];
  });
  const [[, { Properties: bucket }]] = resourcesOf(template, 'AWS::S3::Bucket') as [
    ReturnType<typeof resourcesOf>[number],
  ];
  const [[, { Properties: builds }]] = resourcesOf(template, 'AWS::CodeBuild::Project') as [
    ReturnType<typeof resourcesOf>[number],
  ];
  return {
    architecture: functions.find(([name]) => name === 'gate')![2],
    retentionDays: bucket.LifecycleConfiguration.Rules[0].ExpirationInDays,
    buildProcessors: processorsOf(builds.Environment.ComputeType),
    functions: Object.fromEntries(functions.map(([name, size]) => [name, size])),
  };
}
