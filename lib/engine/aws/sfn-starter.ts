import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Starter } from './starter';

/** @param machine ARN of the run machine */
export function createStarter(client: SFNClient, machine: string): Starter {
  const name = (run: string, generation: number) => `${run}-${generation}`;
  return {
    async start(run, generation) {
      const input = JSON.stringify({ run, generation });
      const command = { stateMachineArn: machine, name: name(run, generation), input };
      await client.send(new StartExecutionCommand(command)).catch((error: unknown) => {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      });
    },
    async isRunning(run, generation) {
      // arn:…:stateMachine:<machine> → arn:…:execution:<machine>:<name>
      const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name(run, generation)}`;
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
