import { type Document, resourcesOf } from './stack';

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  readonly condition: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a policy may hold.
type Raw = Record<string, any>;

const listed = <T>(value: T | readonly T[]): readonly T[] =>
  (Array.isArray(value) ? value : [value]) as readonly T[];

/** Everything that a role allows, whichever policy says so. @throws Error for what is allowed in another way */
export function statementsOf(template: Document, role: string): Statement[] {
  const { ManagedPolicyArns = [], Policies = [] } = template.Resources[role]!.Properties;
  if (ManagedPolicyArns.length > 0) throw new Error(`${role} has managed policies`);
  const attached = resourcesOf(template, 'AWS::IAM::Policy')
    .map(([, { Properties }]) => Properties)
    .filter(({ Roles }) => Roles.some(({ Ref }: Raw) => Ref === role));
  if (resourcesOf(template, 'AWS::IAM::ManagedPolicy').length > 0)
    throw new Error('a policy can be attached apart');
  return [...Policies, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement.map(statement));
}

function statement({ Effect, Action, Resource, Condition, ...rest }: Raw): Statement {
  if (Effect !== 'Allow' || Object.keys(rest).some((key) => key !== 'Sid'))
    throw new Error(`a statement that says more: ${JSON.stringify({ Effect, ...rest })}`);
  return { actions: listed<string>(Action), resources: listed<unknown>(Resource), condition: Condition };
}

export const actionsOf = (statements: readonly Statement[]): string[] =>
  [...new Set(statements.flatMap(({ actions }) => actions))].sort();
