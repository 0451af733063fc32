import { S3Client } from '@aws-sdk/client-s3';
import { answeringWithin, CLIENT, lazy } from './client';

/** An endpoint of one's own seldom has a host name for each bucket. */
const hasOwnEndpoint = () =>
  process.env.AWS_ENDPOINT_URL_S3 !== undefined || process.env.AWS_ENDPOINT_URL !== undefined;

export const s3 = lazy(
  () =>
    new S3Client({
      ...CLIENT,
      // A copy of a large file takes its time.
      ...answeringWithin(30_000),
      forcePathStyle: hasOwnEndpoint(),
      // Else a URL to write to is signed with the checksum of an empty file.
      requestChecksumCalculation: 'WHEN_REQUIRED',
    }),
);
