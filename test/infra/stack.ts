import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type CfnElement, type Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Definition } from '../../lib/infra/asl';
import type { MergePyramid } from '../../lib/infra/merge-pyramid';
import type { MergePyramidProps } from '../../lib/infra/props';
import { LexPrStack } from '../../lib/infra/stack';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever CloudFormation knows.
  readonly Properties: any;
  readonly [attribute: string]: unknown;
}

export interface Document {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly [section: string]: unknown;
}

const REPORT = 'validation-report.json';
const CDK_JSON = join(__dirname, '../../cdk.json');

// A machine that is busy takes long to make stacks.
jest.setTimeout(60_000);
// CloudFormation's own rules take seconds; stack.spec.ts looks at them once.
process.env.CDK_VALIDATION = 'false';

/** An app as `cdk synth` makes it; its assets stay where they are. @param outdir is gone after `synth` */
export function testApp(context: Readonly<Record<string, unknown>> = {}): App {
  const settings = JSON.parse(readFileSync(CDK_JSON, 'utf8')).context;
  return new App({
    context: { ...settings, 'aws:cdk:disable-asset-staging': true, ...context },
    outdir: mkdtempSync(join(tmpdir(), 'lex-pr-test-')),
  });
}

/** What is uploaded before the stack is deployed. */
export interface Assets {
  readonly dockerImages: Readonly<
    Record<
      string,
      { readonly source: { readonly platform?: string; readonly dockerBuildArgs?: Record<string, string> } }
    >
  >;
}

/** Synthesises the app and leaves nothing of it behind. */
export function synth(app: App, { artifactId }: Stack) {
  try {
    const assembly = app.synth();
    const read = (name: string) => JSON.parse(readFileSync(join(assembly.directory, name), 'utf8'));
    return {
      template: assembly.getStackArtifact(artifactId).template as Document,
      assets: read(`${artifactId}.assets.json`) as Assets,
      manifest: read('manifest.json'),
      /** Only there when the rules were looked at. */
      report: existsSync(join(assembly.directory, REPORT)) ? read(REPORT) : undefined,
    };
  } finally {
    rmSync(app.outdir, { recursive: true });
  }
}

export interface Synthesised {
  readonly stack: Stack;
  readonly pyramid: MergePyramid;
  readonly template: Document;
  readonly assets: Assets;
  // biome-ignore lint/suspicious/noExplicitAny: of the cloud assembly.
  readonly manifest: any;
  /** What was made of a construct. */
  resource(construct: Construct): Resource;
}

/** The stack of the app, made once for all tests of a file. */
export function synthesise(props: (stack: Stack) => MergePyramidProps = () => ({})): Synthesised {
  const app = testApp();
  const stack = new LexPrStack(app, 'LexPr', props);
  const made = synth(app, stack);
  return {
    stack,
    pyramid: stack.pyramid,
    ...made,
    resource: (construct) => made.template.Resources[logicalId(construct)]!,
  };
}

/** @param construct with a resource as its default child */
export const logicalId = (construct: Construct): string => {
  const element = construct.node.defaultChild as CfnElement;
  return element.stack.resolve(element.logicalId);
};

export const resourcesOf = ({ Resources }: Document, type: string): [string, Resource][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

/** The definition of a state machine with everything filled in that the template fills in. */
export function deployedDefinition({ Properties }: Resource): Definition {
  const { DefinitionString, DefinitionSubstitutions } = Properties;
  const values = Object.entries<unknown>(DefinitionSubstitutions).map(([name, value]) => [name, arn(value)]);
  const given = Object.fromEntries(values);
  return JSON.parse(
    DefinitionString.replaceAll(/\$\{(\w+)\}/g, (whole: string, name: string) => given[name] ?? whole),
  );
}

/** Some ARN for a reference. */
function arn(value: unknown): string {
  const [kind, argument] = Object.entries(value as object)[0]!;
  if (argument === 'AWS::Partition') return 'aws';
  if (kind === 'Ref') return `arn:aws:states:eu-central-1:123456789012:stateMachine:${argument}`;
  return `arn:aws:lambda:eu-central-1:123456789012:function:${argument[0]}`;
}
