import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { LexPrStack } from '../../lib/infra/stack';
import { type Document, synth, testApp } from './stack';

/** Looks at the rules of CloudFormation, too. */
function validated(change: (stack: LexPrStack) => void = () => {}) {
  process.env.CDK_VALIDATION = 'true';
  const app = testApp();
  const stack = new LexPrStack(app, 'LexPr');
  change(stack);
  return synth(app, stack);
}

/** The template without what changes with every change of a function; the definitions have snapshots of their own. */
const shape = (template: Document): object =>
  JSON.parse(
    JSON.stringify(template)
      .replaceAll(/[0-9a-f]{64}/g, '<hash>')
      .replaceAll(/CurrentVersion[0-9A-F]{8}[0-9a-f]{32}/g, 'CurrentVersion<hash>'),
    (key, value) => (key === 'DefinitionString' ? '<definition>' : value),
  );

describe('the stack', () => {
  const { template, report } = validated();

  it('is this one: a change of it is seen', () => {
    expect(shape(template)).toMatchSnapshot();
  });

  it('keeps to what CloudFormation knows of its resources', () => {
    expect(report.pluginReports).toEqual([]);
  });

  it('has as many resources as leave room in the stack of somebody else', () => {
    // Of 500.
    expect(Object.keys(template.Resources).length).toBeLessThan(200);
  });
});

it('what CloudFormation would refuse is seen', () => {
  const warn = jest.spyOn(console, 'error').mockImplementation(() => {});
  const { report } = validated(({ pyramid }) => {
    (pyramid.functions.next.node.defaultChild as CfnFunction).runtime = 'nodejs1.x';
  });
  warn.mockRestore();
  expect(JSON.stringify(report.pluginReports)).toContain('nodejs1.x');
});
