import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import measured from '../../lib/cost/coefficients.json';
import { PRICES } from '../../lib/cost/prices';
import { synthesise } from '../infra/stack';
import { writeDocument } from './document';
import { shapeOf } from './template';

const { template } = synthesise();

it('docs/cost.md is what `npm run cost` computes', () => {
  const text = readFileSync(join(__dirname, '../../docs/cost.md'), 'utf8');
  expect(text).toBe(writeDocument(template, measured, PRICES));
});

it('the functions that tell what a run cost know the stack as it is', () => {
  const functions = Object.entries(template.Resources).filter(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && /Functions(Report|Reconcile)/.test(id),
  );
  expect(functions).toHaveLength(2);
  for (const [, { Properties }] of functions)
    expect(JSON.parse(Properties.Environment.Variables.STACK_SHAPE)).toEqual(shapeOf(template));
});
