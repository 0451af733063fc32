import { createWriteStream, openAsBlob } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** A transfer that did not succeed. What it says holds no URL: who has one may read or write. */
export class TransferError extends Error {
  constructor(
    what: string,
    /** HTTP status; undefined where there was no answer. */
    readonly status: number | undefined,
    /** The code of the store (`EntityTooLarge`) or of the network (`ECONNREFUSED`), where there is one. */
    readonly code: string | undefined,
  ) {
    super(`${what}: ${[status, code].filter((part) => part !== undefined).join(' ') || 'no answer'}`);
  }
}

/** So often a transfer is tried while the network or the store fail. */
const ATTEMPTS = 3;
/** For one attempt to store something, in ms. Reading may take as long as something arrives at all. */
const TIME_LIMIT = 300_000;

/**
 * Writes what a URL gives to a file, without holding it in memory.
 * @param signal ends it
 * @throws TransferError; the system's error where the file cannot be written; the signal's reason
 */
export async function download(url: string, file: string, signal?: AbortSignal): Promise<void> {
  const request = signal === undefined ? {} : { signal };
  await attempt('cannot read a file of the run', async () => {
    const response = await send('cannot read a file of the run', url, request);
    await pipeline(Readable.fromWeb(response.body!), createWriteStream(file));
  }).catch(async (error: unknown) => {
    await rm(file, { force: true });
    throw error;
  });
}

/**
 * The text that a URL gives, of at most so many bytes.
 * @throws TransferError
 */
export async function downloadText(url: string, maxBytes: number, what = 'the job'): Promise<string> {
  return (await downloadBytes(url, maxBytes, what)).toString();
}

/** The same, byte for byte. @throws TransferError */
export function downloadBytes(url: string, maxBytes: number, what: string): Promise<Buffer> {
  return attempt(`cannot read ${what}`, async () => {
    const response = await send(`cannot read ${what}`, url, {});
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body!) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new TransferError(`${what} is larger than ${maxBytes} bytes`, 413, undefined);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  });
}

/** Puts a file where a URL says, as it is read. @throws TransferError */
export async function upload(file: string, url: string, type: string): Promise<void> {
  await put(await openAsBlob(file, { type }), url);
}

/** Puts a text where a URL says. @throws TransferError */
export async function uploadText(text: string, url: string, type: string): Promise<void> {
  await put(new Blob([text], { type }), url);
}

async function put(body: Blob, url: string): Promise<void> {
  const what = 'cannot store a file';
  await attempt(what, () =>
    send(what, url, { method: 'PUT', body, signal: AbortSignal.timeout(TIME_LIMIT) }),
  );
}

/** Hands in a file by a form. @throws TransferError */
export async function uploadByForm(
  file: string,
  form: { readonly url: string; readonly fields: Readonly<Record<string, string>> },
  key: string,
): Promise<void> {
  const what = 'cannot store an artifact';
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...form.fields, key })) body.append(name, value);
  // What follows the file is ignored (S3, "POST Object").
  body.append('file', await openAsBlob(file), 'file');
  await attempt(what, () =>
    send(what, form.url, { method: 'POST', body, signal: AbortSignal.timeout(TIME_LIMIT) }),
  );
}

async function send(what: string, url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...request, redirect: 'error' });
  if (response.ok) return response;
  const [, code] = /<Code>(\w{1,100})<\/Code>/.exec(await response.text()) ?? [];
  throw new TransferError(what, response.status, code);
}

async function attempt<T>(what: string, run: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await run();
    } catch (error) {
      const failure = asTransferError(what, error);
      if (!mayPass(failure) || count === ATTEMPTS) throw failure;
      await pause(100 * 2 ** count * (1 + Math.random()));
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof TransferError && (error.status === undefined || error.status >= 500);
}

/** What fetch throws names its cause in a way of its own; an error of the file system stays as it is. */
function asTransferError(what: string, error: unknown): unknown {
  const isOfFetch = error instanceof TypeError || (error as Error).name === 'TimeoutError';
  if (!isOfFetch) return error;
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return new TransferError(what, undefined, code);
}
