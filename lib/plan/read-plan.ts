import { createReadStream, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { InputError, refuse } from '../errors';
import { ItemCollector } from './collect-items';
import { type DocumentBytes, fileBytes, Spool } from './document-bytes';
import { loadPlan, MAX_PROBLEMS, type PlanSource, planOf } from './load';
import type { Plan } from './plan';
import { readParts } from './read-parts';
import { MAX_LENGTH } from './source-document';
import { utf8Of } from './utf8';

export interface ReadOptions {
  readonly stdin: Readable;
  /** Absolute current folder: for a relative path, and for what a plan from standard input refers to. */
  readonly cwd: string;
}

export interface ReadPlanOptions extends ReadOptions {
  readonly defaultRepository: string;
  /** A document of more bytes is read in pieces. Default: 512 KiB. */
  readonly wholeBytes?: number;
  /** So many bytes of items are parsed at once. Default: 64 KiB. */
  readonly pieceBytes?: number;
}

/** A document of so many items takes some gigabytes of memory. */
const MAX_BYTES = 2 ** 30;

/**
 * Reads a plan from a file, or from standard input for `-`; a large one in pieces, so that its text never is in memory
 * as a whole.
 * @throws InputError when it cannot be read, is not UTF-8, or is no valid plan
 */
export async function readPlan(pathOrDash: string, options: ReadPlanOptions): Promise<Plan> {
  const { cwd, defaultRepository, wholeBytes = 2 ** 19, pieceBytes = 2 ** 16 } = options;
  const read = await open(pathOrDash, options, wholeBytes);
  const source = { ...placeOf(pathOrDash, cwd), defaultRepository };
  if (read instanceof Uint8Array) return loadPlan(planText(read, source.file), source);
  try {
    return (await readInParts(read, source, pieceBytes)) ?? readWhole(read, source);
  } finally {
    read.close();
  }
}

async function readInParts(bytes: DocumentBytes, source: PlanSource, pieceBytes: number) {
  const items = new ItemCollector(MAX_PROBLEMS + 1);
  const document = await readParts(bytes, source.file, pieceBytes, items);
  return document && planOf({ ...document, items }, source);
}

function readWhole(bytes: DocumentBytes, source: PlanSource): Plan {
  // A character has at most 4 bytes.
  if (bytes.size > MAX_LENGTH * 4)
    throw refuse(
      'too-large',
      `${source.file}: only a list of items can be so long, as JSON, or as a YAML block list without aliases`,
      'write `items:` alone on its line and each item below it after `- `, or write the plan as JSON',
    );
  return loadPlan(planText(bytes.read(0, bytes.size), source.file), source);
}

/**
 * The text of a plan, not yet looked at, with what `loadPlan` has to know of it.
 * @throws InputError when it cannot be read, or is not UTF-8
 */
export async function readPlanText(
  pathOrDash: string,
  options: ReadOptions,
): Promise<{ readonly text: string } & Pick<PlanSource, 'file' | 'cwd'>> {
  const read = await open(pathOrDash, options, MAX_LENGTH * 4);
  const place = placeOf(pathOrDash, options.cwd);
  if (read instanceof Uint8Array) return { text: planText(read, place.file), ...place };
  read.close();
  throw refuse('too-large', `${place.file}: more than ${MAX_LENGTH * 4} bytes`);
}

/** What messages about a plan call its document, and from where its relative paths go. */
export function placeOf(pathOrDash: string, cwd: string): Pick<PlanSource, 'file' | 'cwd'> {
  if (pathOrDash === '-') return { file: '<stdin>', cwd };
  return { file: pathOrDash, cwd: dirname(resolve(cwd, pathOrDash)) };
}

/** @returns all of it where it has at most `wholeBytes`, or else what is to be closed in the end */
async function open(
  pathOrDash: string,
  { stdin, cwd }: ReadOptions,
  wholeBytes: number,
): Promise<Uint8Array | DocumentBytes> {
  const { file } = placeOf(pathOrDash, cwd);
  const spool: { file?: Spool } = {};
  try {
    if (pathOrDash === '-') return await readStream(stdin, file, wholeBytes, spool);
    const path = resolve(cwd, pathOrDash);
    return (
      openLarge(path, file, wholeBytes) ?? (await readStream(createReadStream(path), file, wholeBytes, spool))
    );
  } catch (error) {
    spool.file?.close();
    if (error instanceof InputError) throw error;
    throw refuse(
      'unreadable',
      `${file}: ${reason(error)}`,
      'give the path of a plan, or - for standard input',
    );
  }
}

function openLarge(path: string, file: string, wholeBytes: number): DocumentBytes | undefined {
  const status = statSync(path);
  // What is no file is not opened twice: who writes into a pipe would be told that nobody reads.
  if (!status.isFile() || status.size <= wholeBytes) return undefined;
  if (status.size > MAX_BYTES) throw tooLarge(file);
  return fileBytes(openSync(path, 'r'));
}

/** What cannot be read again from an offset goes through a file once it is large. */
async function readStream(
  stream: Readable,
  file: string,
  wholeBytes: number,
  spool: { file?: Spool },
): Promise<Uint8Array | DocumentBytes> {
  let chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    length += chunks.at(-1)!.length;
    if (length > MAX_BYTES) throw tooLarge(file);
    if (length <= wholeBytes) continue;
    spool.file ??= new Spool();
    for (const bytes of chunks) spool.file.add(bytes);
    chunks = [];
  }
  return spool.file?.bytes() ?? Buffer.concat(chunks);
}

const tooLarge = (file: string) =>
  refuse('too-large', `${file}: more than ${MAX_BYTES} bytes`, 'split the plan into several');

/** @throws InputError where it is no text */
export function planText(document: Uint8Array, file: string): string {
  const text = utf8Of(document);
  if (text === undefined) throw refuse('encoding', `${file} is not UTF-8 text`, 'save the plan as UTF-8');
  return text;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EISDIR') return 'is a folder, not a file';
  if (code === 'EACCES') return 'may not be read';
  return message;
}
