import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretValue, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { ApiDestination } from 'aws-cdk-lib/aws-events-targets';
import { MergePyramid } from '../../lib/infra';
import { logicalId, resourcesOf, synth, testApp } from './stack';

const TEXT = readFileSync(join(__dirname, '../../docs/callbacks.md'), 'utf8');
const [, example] = /^```ts\n(.*?)^```/ms.exec(TEXT)!;

it('the rule of docs/callbacks.md takes each check that is asked for to where it says', () => {
  const app = testApp();
  const stack = new Stack(app, 'LexPr');
  const pyramid = new MergePyramid(stack, 'Pyramid');
  const names = ['stack', 'pyramid', 'SecretValue', 'events', 'ApiDestination'];
  const body = example!.replaceAll(/^import .*$/gm, '');
  new Function(...names, body)(stack, pyramid, SecretValue, events, ApiDestination);
  const { template } = synth(app, stack);
  const [rule] = resourcesOf(template, 'AWS::Events::Rule').filter(
    ([, { Properties }]) => Properties.EventBusName !== undefined,
  );
  expect(rule![1].Properties).toMatchObject({
    EventBusName: { Ref: logicalId(pyramid.checks.bus) },
    EventPattern: { source: ['lex-pr'], 'detail-type': ['Check Requested'] },
    Targets: [
      {
        InputTransformer: {
          InputPathsMap: { detail: '$.detail' },
          InputTemplate: '{"event_type":"lex-pr","client_payload":{"check":<detail>}}',
        },
      },
    ],
  });
});
