import { App } from 'aws-cdk-lib';
import { pyramidProps, readContext } from '../lib/infra/context';
import { LexPrStack } from '../lib/infra/stack';

const app = new App();
const context = readContext(app.node);
new LexPrStack(app, context.stack, (stack) => pyramidProps(context, stack));
