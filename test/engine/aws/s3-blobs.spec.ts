import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { openS3Blobs } from '../../../lib/engine/aws/s3-blobs';

/** A store that answers every request so. */
async function copyAt(status: number, code: string): Promise<boolean> {
  const server = createServer((_, response) =>
    response.writeHead(status).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  try {
    return await openS3Blobs(client, 'bucket').copy('from', 'to');
  } finally {
    client.destroy();
    server.close();
  }
}

describe('copying in S3', () => {
  it.each([
    [400, 'KeyTooLongError'],
    [404, 'NoSuchKey'],
    [403, 'AccessDenied'],
  ])('is not done where S3 refuses it: %s %s', async (status, code) => {
    expect(await copyAt(status, code)).toBe(false);
  });

  it.each([
    [500, 'InternalError'],
    [503, 'SlowDown'],
  ])('is a fault where S3 fails: %s %s', async (status, code) => {
    await expect(copyAt(status, code)).rejects.toMatchObject({ name: code });
  });
});
