import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { LaneStopper, Starter } from './starter';

/** @param machine ARN of the run machine */
export function createStarter(client: SFNClient, machine: string): Starter {
  const name = (run: string, generation: number) => `${run}-${generation}`;
  return {
    async start({ id: run, target }, generation) {
      // The target is for who finds the execution failed, and the run expired.
      const input = JSON.stringify({ run, generation, target });
      const command = { stateMachineArn: machine, name: name(run, generation), input };
      await client.send(new StartExecutionCommand(command)).catch((error: unknown) => {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      });
    },
    async isRunning(run, generation) {
      const executionArn = executionArnOf(machine, name(run, generation));
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return status === 'RUNNING';
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return false;
        throw error;
      }
    },
  };
}

/** @param machine ARN of the lane machine */
export function createLaneStopper(client: SFNClient, machine: string): LaneStopper {
  return async ({ run, generation, lane, k }) => {
    const executionArn = executionArnOf(machine, [run, generation, lane, k].join('-'));
    const cause = 'the run was stopped';
    await client.send(new StopExecutionCommand({ executionArn, cause })).catch((error: unknown) => {
      if (!(error instanceof ExecutionDoesNotExist)) throw error;
    });
  };
}

/** arn:…:stateMachine:<machine> → arn:…:execution:<machine>:<name> */
const executionArnOf = (machine: string, name: string) =>
  `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
