import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every file below a folder with its mode and bytes, by path; `.lex-pr` is left out.
 * @param skip further paths to leave out, relative to the folder
 */
export function snapshot(folder: string, skip: readonly string[] = []): Record<string, string> {
  const files: Record<string, string> = {};
  const visit = (below: string): void => {
    for (const name of readdirSync(join(folder, below)).sort()) {
      const path = join(below, name);
      if (name === '.lex-pr' || skip.includes(path)) continue;
      const file = join(folder, path);
      const { mode } = lstatSync(file);
      if (lstatSync(file).isDirectory()) visit(path);
      else if (lstatSync(file).isSymbolicLink()) files[path] = `-> ${readlinkSync(file)}`;
      else files[path] = `${mode.toString(8)} ${readFileSync(file, 'latin1')}`;
    }
  };
  visit('');
  return files;
}

/** What a user sees of a checkout: the files, the index, and what is checked out. */
export function checkoutOf(repository: string): Record<string, string> {
  const { '.git/index': index, '.git/HEAD': head } = snapshot(repository);
  return { ...snapshot(repository, ['.git']), '.git/index': index!, '.git/HEAD': head! };
}
