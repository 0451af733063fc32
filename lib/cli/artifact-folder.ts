import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { refuse } from '../errors';
import { makeFolder } from './make-folder';

/**
 * Makes the folder for report, logs and artifacts, before any gate has run for nothing.
 * @param folder absolute
 * @throws InputError when nothing can be written there
 */
export async function makeArtifactFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { message } = error as Error;
    throw refuse('artifact-folder', `cannot write to ${folder}: ${message}`, 'name another --artifact-dir');
  }
}
