import { type Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NagPack } from 'cdk-nag';

/** One finding of cdk-nag about one resource. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly severity: string | undefined;
}

/** Errors and warnings about a synthesised stack that nobody has acknowledged. */
export const openFindings = (stack: Stack): Finding[] =>
  new AwsSolutionsChecks()
    .validateScope(stack)
    .violations.flatMap(({ ruleName, severity, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({ rule: ruleName, path: constructPath, severity })),
    );

/** All findings, acknowledged or not. */
export function allFindings(stack: Stack): Finding[] {
  const spy = jest.spyOn(NagPack.prototype as unknown as { isAcknowledged(): boolean }, 'isAcknowledged');
  spy.mockReturnValue(false);
  try {
    return openFindings(stack);
  } finally {
    spy.mockRestore();
  }
}

/** What is accepted, where, and why. */
export interface Acknowledgement {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

export const acknowledgements = (stack: Stack): Acknowledgement[] =>
  stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([rule, reason]) => ({ rule: rule.replace(/^annotation::/i, ''), path: node.path, reason })),
  );
