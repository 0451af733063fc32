import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { lazy } from '../../aws/client';
import { cloudFormation } from '../../aws/cloudformation';
import { lambda } from '../../aws/lambda';
import { Fault, InputError, refuse } from '../../errors';
import { explainAwsError } from './aws-error';
import type { ControlAnswer, ControlAnswers, ControlCall } from './control-protocol';

type Action = ControlCall['action'];
type Question<A extends Action> = Omit<Extract<ControlCall, { action: A }>, 'action'>;

/** The control function of a stack: a method for each action of the protocol. */
export type Control = {
  /**
   * @throws InputError for what is wrong with the question, or with the access to the stack
   * @throws Fault when AWS or the function failed
   */
  readonly [A in Action]: (question: Question<A>) => Promise<ControlAnswers[A]>;
};

/**
 * The control function of the stack of this name, with region and credentials from the environment. AWS is asked
 * with the first call, not before.
 */
export function openControl(stack: string): Control {
  const name = lazy(() => findFunction(stack));
  const asker =
    <A extends Action>(action: A) =>
    async (question: Question<A>) => {
      const call = { action, ...question } as ControlCall;
      try {
        return (await invoke(await name(), call)) as ControlAnswers[A];
      } catch (error) {
        throw explainAwsError(error, stack);
      }
    };
  return {
    upload: asker('upload'),
    submit: asker('submit'),
    list: asker('list'),
    queue: asker('queue'),
    status: asker('status'),
    follow: asker('follow'),
    logs: asker('logs'),
    cancel: asker('cancel'),
    override: asker('override'),
    pause: asker('pause'),
    unpause: asker('unpause'),
    resume: asker('resume'),
    report: asker('report'),
  };
}

/** The output of the stack that names the function; `lib/infra/merge-pyramid.ts` makes it. */
const OUTPUT = 'ControlFunctionName';

async function findFunction(stack: string): Promise<string> {
  const { Stacks = [] } = await cloudFormation().send(new DescribeStacksCommand({ StackName: stack }));
  const name = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
  if (name !== undefined) return name;
  const state = Stacks[0]?.StackStatus ?? 'not there';
  throw refuse(
    'not-a-lex-pr-stack',
    `stack ${stack} has no output ${OUTPUT}; it is ${state}`,
    'name the stack that `cdk deploy` has made, and wait until it is complete; see docs/deploy.md',
  );
}

async function invoke(name: string, call: ControlCall): Promise<unknown> {
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(call) });
  const { FunctionError, Payload } = await lambda().send(command);
  const text = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw failed(name, text);
  const answer = JSON.parse(text) as ControlAnswer<unknown>;
  if ('problems' in answer) throw new InputError(answer.problems);
  return answer.value;
}

/** What Lambda tells of a function that threw, ran out of time or died. */
function failed(name: string, text: string): Fault {
  const { errorMessage = text } = JSON.parse(text) as { errorMessage?: string };
  return new Fault({
    code: 'control-failed',
    message: `the control function failed: ${errorMessage}`,
    hint: `try again; the log group of ${name} in CloudWatch has more`,
  });
}
