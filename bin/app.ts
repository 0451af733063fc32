import { App } from 'aws-cdk-lib';
import { problemsAsText } from '../lib/cli/problems';
import { InputError } from '../lib/errors';
import { pyramidProps, readContext } from '../lib/infra/context';
import { LexPrStack } from '../lib/infra/stack';

const app = new App();
try {
  const context = readContext(app.node);
  new LexPrStack(app, context.stack, (stack) => pyramidProps(context, stack));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(problemsAsText(error.problems));
  process.exitCode = 2;
}
