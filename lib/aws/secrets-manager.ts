import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CLIENT, lazy } from './client';

export const secretsManager = lazy(() => new SecretsManagerClient(CLIENT));
