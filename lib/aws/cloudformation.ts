import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { lazy, PATIENT_CLIENT } from './client';

export const cloudFormation = lazy(() => new CloudFormationClient(PATIENT_CLIENT));
