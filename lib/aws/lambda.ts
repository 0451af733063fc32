import { LambdaClient } from '@aws-sdk/client-lambda';
import { CLIENT, lazy } from './client';

export const lambda = lazy(() => new LambdaClient(CLIENT));
