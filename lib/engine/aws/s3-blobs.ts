import {
  CopyObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
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
      await client.send(
        new PutObjectCommand({ ...at(key), Body: body, ...(contentType && { ContentType: contentType }) }),
      );
    },

    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(key)));
        return Buffer.from(await Body!.transformToByteArray());
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },

    async copy(from, to) {
      // The source is part of a URL there.
      const source = [bucket, ...from.split('/')].map(encodeURIComponent).join('/');
      try {
        await client.send(new CopyObjectCommand({ ...at(to), CopySource: source }));
        return true;
      } catch (error) {
        if (error instanceof NoSuchKey) return false;
        throw error;
      }
    },

    async list(prefix) {
      const keys: string[] = [];
      for await (const { Contents } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
        for (const { Key } of Contents ?? []) keys.push(Key!);
      return keys;
    },

    readUrl: (key, seconds) => getSignedUrl(client, new GetObjectCommand(at(key)), { expiresIn: seconds }),

    writeUrl: (key, seconds) => getSignedUrl(client, new PutObjectCommand(at(key)), { expiresIn: seconds }),

    async writeForm(prefix, seconds, maxBytes) {
      return createPresignedPost(client, {
        ...at(`${prefix}\${filename}`),
        Conditions: [
          ['content-length-range', 0, maxBytes],
          ['starts-with', '$key', prefix],
        ],
        Expires: seconds,
      });
    },
  };
}
