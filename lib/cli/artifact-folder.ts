import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { refuse } from '../errors';

/**
 * Makes the folder for report, logs and artifacts, before any gate has run for nothing.
 * @param folder absolute
 * @throws InputError when nothing can be written there
 */
export async function makeArtifactFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { message } = error as Error;
    throw refuse('artifact-folder', `cannot write to ${folder}: ${message}`, 'name another --artifact-dir');
  }
}
