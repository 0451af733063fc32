import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CLIENT, lazy } from './client';

export const cloudWatch = lazy(() => new CloudWatchClient(CLIENT));
