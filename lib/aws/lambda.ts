import { LambdaClient } from '@aws-sdk/client-lambda';
import { answeringWithin, lazy, PATIENT_CLIENT } from './client';

/** For the control function, which has two minutes. */
export const lambda = lazy(() => new LambdaClient({ ...PATIENT_CLIENT, ...answeringWithin(150_000) }));

/** For functions that may take a quarter of an hour, all that a function can. */
export const lambdaOfLongCalls = lazy(
  () => new LambdaClient({ ...PATIENT_CLIENT, ...answeringWithin(930_000) }),
);
