import { join } from 'node:path';
import { shown } from '../../gates/find-files';
import type { GateOutcome } from '../../gates/run-gate';
import { noteOf } from './gate-answer';
import type { GateJob, GateReturn } from './protocol';
import { TransferError, uploadByForm } from './transfer';

type Form = NonNullable<GateJob['tasks'][number]['artifacts']>;

/** Characters of a path in a note. */
const MAX_PATH = 400;

/**
 * Stores what a gate has left, each file under its own name. What cannot be stored is noted.
 * @param form where; null for a gate without artifacts
 * @throws TransferError when the store cannot be reached or fails
 */
export async function storeArtifacts(
  form: Form | null,
  folder: string,
  { artifacts: paths, note }: Pick<GateOutcome, 'artifacts' | 'note'>,
): Promise<Pick<GateReturn, 'artifacts' | 'note'>> {
  const notes = note === undefined ? [] : [note];
  const artifacts: string[] = [];
  for (const path of form === null ? [] : paths) {
    const refusal = await storeArtifact(form!, folder, path);
    if (refusal === undefined) artifacts.push(path);
    else notes.push(`artifact ${shown(path.slice(0, MAX_PATH))} was not stored: ${refusal}`);
  }
  return { artifacts, ...(notes.length === 0 ? {} : { note: noteOf(notes) }) };
}

/** @returns why the store does not take it: one file is not worth a gate */
async function storeArtifact(form: Form, folder: string, path: string): Promise<string | undefined> {
  if (!canBeKey(path)) return 'the store takes no file of this name';
  try {
    await uploadByForm(join(folder, path), form, `${form.prefix}${path}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof TransferError) || error.status === undefined || error.status >= 500) throw error;
    return error.message;
  }
}

/** A form turns ends of lines into others, and `${filename}` into a name; XML has no control characters. */
const canBeKey = (path: string) => !/\p{Cc}/u.test(path) && !path.includes('\u0024{filename}');
