import { SFNClient } from '@aws-sdk/client-sfn';
import { CLIENT, lazy } from './client';

export const stepFunctions = lazy(() => new SFNClient(CLIENT));
