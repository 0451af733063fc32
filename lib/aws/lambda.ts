import { LambdaClient } from '@aws-sdk/client-lambda';
import { lazy, PATIENT_CLIENT } from './client';

export const lambda = lazy(() => new LambdaClient(PATIENT_CLIENT));
