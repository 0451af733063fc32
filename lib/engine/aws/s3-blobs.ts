import {
  CopyObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Blobs } from './blobs';

/**
 * Files in a bucket. Its URLs and forms are signed with the credentials of this process, which may expire before
 * they do.
 */
export function openS3Blobs(client: S3Client, bucket: string): Blobs {
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  return {
    async put(key, body, contentType) {
      // Of an empty text the client does not know the length.
      const Body = typeof body === 'string' ? Buffer.from(body) : body;
      await client.send(new PutObjectCommand({ ...at(key), Body, ContentType: contentType }));
    },

    async get(key) {
      const found = await ifThere(client.send(new GetObjectCommand(at(key))));
      return found && Buffer.from(await found.Body!.transformToByteArray());
    },

    async list(prefix) {
      const keys: string[] = [];
      // Else a key that XML cannot hold would spoil the list.
      const wanted = { Bucket: bucket, Prefix: prefix, EncodingType: 'url' } as const;
      for await (const { Contents } of paginateListObjectsV2({ client }, wanted))
        for (const { Key } of Contents ?? []) keys.push(decodeURIComponent(Key!.replaceAll('+', ' ')));
      return keys;
    },

    async copy(from, to) {
      // The source is part of a URL there.
      const CopySource = [bucket, ...from.split('/')].map(encodeURIComponent).join('/');
      return isTaken(client.send(new CopyObjectCommand({ ...at(to), CopySource })));
    },

    readUrl: (key, seconds) => getSignedUrl(client, new GetObjectCommand(at(key)), { expiresIn: seconds }),

    writeUrl: (key, seconds) => getSignedUrl(client, new PutObjectCommand(at(key)), { expiresIn: seconds }),

    async writeForm(prefix, seconds, maxBytes) {
      return createPresignedPost(client, {
        ...at(`${prefix}\${filename}`),
        // That the key begins with the prefix is a condition already.
        Conditions: [['content-length-range', 0, maxBytes]],
        Expires: seconds,
      });
    },
  };
}

async function ifThere<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return undefined;
    throw error;
  }
}

async function isTaken(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 500) : 500;
    // The client has tried again what may succeed later.
    if (status < 400 || status >= 500) throw error;
    return false;
  }
}
