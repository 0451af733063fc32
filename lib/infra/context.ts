import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Node } from 'constructs';
import { z } from 'zod';
import { InputError } from '../errors';
import type { MergePyramidProps } from './merge-pyramid';

const count = z.coerce.number().int().min(1);

/** What `cdk deploy -c NAME=VALUE` can set; `lib/infra/merge-pyramid.ts` says what each means. */
const context = z
  .object({
    stack: z.string().default('LexPr').describe('Name of the stack.'),
    functions: z.enum(['image', 'zip']).optional(),
    architecture: z.enum(['arm64', 'x86_64']).optional(),
    maxWorkers: count.optional(),
    retentionDays: count.optional(),
    repositorySecretArn: z.string().startsWith('arn:').optional(),
    repositories: z.url().optional(),
    removal: z.enum(['retain', 'destroy']).optional(),
    rotateAfterEvents: count.optional(),
  })
  .refine(({ repositorySecretArn, repositories }) => !repositorySecretArn === !repositories, {
    error: 'repositorySecretArn and repositories go together',
  });
export type Context = z.output<typeof context>;

/**
 * Reads the context of the app.
 * @throws InputError with everything that is wrong with it
 */
export function readContext(node: Node): Context {
  const given = Object.keys(context.shape).map((key) => [key, node.tryGetContext(key)] as const);
  const { success, data, error } = context.safeParse(Object.fromEntries(given));
  if (success) return data;
  throw new InputError(
    error.issues.map(({ path, message }) => ({
      code: 'invalid-context',
      message: `-c ${path.join('.')}: ${message}`,
    })),
  );
}

/** The properties that go with a context; what it does not give is left to the construct. */
export function pyramidProps(given: Context, scope: Stack): MergePyramidProps {
  const { functions, architecture, maxWorkers, retentionDays, rotateAfterEvents } = given;
  const { repositorySecretArn, repositories, removal } = given;
  return {
    ...(functions && { functions }),
    ...(architecture && { architecture: ARCHITECTURES[architecture] }),
    ...(maxWorkers && { maxWorkers }),
    ...(retentionDays && { retention: Duration.days(retentionDays) }),
    ...(rotateAfterEvents && { rotateAfterEvents }),
    ...(removal && { removalPolicy: REMOVALS[removal] }),
    ...(repositorySecretArn &&
      repositories && {
        repositoryAccess: {
          secret: Secret.fromSecretCompleteArn(scope, 'RepositorySecret', repositorySecretArn),
          repositories,
        },
      }),
  };
}

const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };
const REMOVALS = { retain: RemovalPolicy.RETAIN, destroy: RemovalPolicy.DESTROY } as const;
