import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Accepts one finding of cdk-nag (AwsSolutions) on one construct. The reason is read by those who audit. */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${id}`, reason });
}

/** Accepts that a policy of `construct` names `resource`, which may contain tokens, with a wildcard. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${readable(construct, resource)}]`, reason);
}

/** A string with tokens as cdk-nag writes it: references as `<LogicalId.Attribute>`. */
function readable(construct: IConstruct, text: string): string {
  const part = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const [kind, argument] = Object.entries(value as object)[0]!;
    if (kind === 'Ref') return `<${argument}>`;
    if (kind === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(part).join(separator);
  };
  return part(Stack.of(construct).resolve(text));
}
