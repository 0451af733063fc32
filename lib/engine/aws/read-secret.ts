import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { refuse } from '../../errors';

/** What trying again does not mend (GetSecretValue, "Errors"). */
const UNREADABLE =
  /^(ResourceNotFoundException|AccessDeniedException|DecryptionFailure|InvalidRequestException)$/;

/**
 * The text of a secret.
 * @param arn where it is
 * @throws InputError that names it, when it is not there or may not be read
 */
export async function readSecret(client: SecretsManagerClient, arn: string): Promise<string> {
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString ?? '';
  } catch (error) {
    const { name, message } = error as Error;
    if (!UNREADABLE.test(name)) throw error;
    throw refuse(
      'no-secret',
      `the secret ${arn} cannot be read: ${message}`,
      'check that it is there, and that the stack names it as repositorySecretArn',
    );
  }
}
