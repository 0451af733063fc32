import { Duration } from 'aws-cdk-lib';
import { ComputeType } from 'aws-cdk-lib/aws-codebuild';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { FUNCTION_NAMES } from '../../lib/infra/function-table';
import { settingsOf } from '../../lib/infra/settings';
import { shapeOf } from '../../lib/infra/shape';
import { shape } from '../support/shape';

it('the shape of a stack is that of its functions', () => {
  expect(shapeOf(settingsOf({}))).toEqual(shape);
  expect(Object.keys(shape.functions)).toEqual(FUNCTION_NAMES);
});

it('and follows its properties', () => {
  const props = {
    architecture: Architecture.X86_64,
    retention: Duration.days(3),
    builds: { computeType: ComputeType.LARGE },
    sizes: { gate: { memoryMB: 4_096 } },
  };
  expect(shapeOf(settingsOf(props))).toEqual({
    architecture: 'x86_64',
    retentionDays: 3,
    buildProcessors: 8,
    functions: { ...shape.functions, gate: { ...shape.functions.gate, memoryMB: 4_096 } },
  });
});
