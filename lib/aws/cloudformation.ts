import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CLIENT, lazy } from './client';

export const cloudFormation = lazy(() => new CloudFormationClient(CLIENT));
