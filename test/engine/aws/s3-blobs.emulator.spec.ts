import { randomUUID } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { s3 } from '../../../lib/aws/s3';
import { openS3Blobs } from '../../../lib/engine/aws/s3-blobs';
import { blobsContract } from './blobs.contract';

jest.setTimeout(60_000);

async function open() {
  const Bucket = `test-${randomUUID()}`;
  await s3().send(new CreateBucketCommand({ Bucket }));
  return openS3Blobs(s3(), Bucket);
}

describe('blobs in S3', () => {
  blobsContract(open);

  it('are written by URLs that know nothing of what will be written', async () => {
    const url = new URL(await (await open()).writeUrl('runs/r1/log', 60));
    expect([...url.searchParams.keys()].filter((name) => name.includes('checksum'))).toEqual([]);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
  });

  it('have a form whose policy names the prefix, the size and the end', async () => {
    const { fields } = await (await open()).writeForm('runs/r1/artifacts/', 60, 100);
    const policy = JSON.parse(Buffer.from(fields.Policy!, 'base64').toString());
    expect(policy.conditions).toEqual(
      expect.arrayContaining([
        ['starts-with', '$key', 'runs/r1/artifacts/'],
        ['content-length-range', 0, 100],
      ]),
    );
    expect(Date.parse(policy.expiration) - Date.now()).toBeLessThanOrEqual(60_000);
  });
});
