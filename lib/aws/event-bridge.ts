import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CLIENT, lazy } from './client';

export const eventBridge = lazy(() => new EventBridgeClient(CLIENT));
