import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Git itself follows no longer chain of alternates. */
const MAX_DEPTH = 6;

/**
 * Where the objects of a repository are: its own folder, and those that it borrows from
 * (gitrepository-layout(5), `objects/info/alternates`).
 * @param objects absolute
 */
export function objectFolders(objects: string, depth = 0): readonly string[] {
  if (depth === MAX_DEPTH) return [];
  const found = [objects, ...alternatesOf(objects).flatMap((folder) => objectFolders(folder, depth + 1))];
  return [...new Set(found)];
}

function alternatesOf(objects: string): string[] {
  try {
    return readFileSync(join(objects, 'info/alternates'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => resolve(objects, unquoted(line)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
}

/** Paths in quotes are written as in C. */
function unquoted(line: string): string {
  if (!line.startsWith('"')) return line;
  return line
    .slice(1, -1)
    .replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
