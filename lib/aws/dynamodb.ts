import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CLIENT, lazy } from './client';

export const dynamoDb = lazy(() => new DynamoDBClient(CLIENT));
