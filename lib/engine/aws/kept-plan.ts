import { createHash } from 'node:crypto';
import { type Blobs, blobKeys } from './blobs';

/**
 * Keeps the document of a run that is submitted under a name that its content gives. Where it was put to, another
 * may be put for as long as the URL is good.
 * @returns the name
 */
export async function keepPlan(blobs: Blobs, run: string, document: Buffer): Promise<string> {
  const name = planName(document);
  await blobs.put(blobKeys.plan(run, name), document, 'text/plain; charset=utf-8');
  return name;
}

export const planName = (document: Uint8Array): string => createHash('sha256').update(document).digest('hex');
