import { resolve } from 'node:path';
import { keptFolder } from '../../report/kept';
import { openHome } from '../../repository/home';
import { makeArtifactFolder } from '../artifact-folder';
import type { Io } from '../io';

/** Makes the folder into which the files of a run come. @returns its absolute path */
export async function openFolder(run: string, given: string | undefined, { cwd }: Io): Promise<string> {
  const folder = given === undefined ? keptFolder(await openHome(cwd), run) : resolve(cwd, given);
  await makeArtifactFolder(folder);
  return folder;
}
