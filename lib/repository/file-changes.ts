import type { IndexedFile } from './index-file';
import { type Entry, FOLDER, type Trees } from './trees';

/** What one tree has instead of another at a path (latin1); undefined: nothing. */
export type FileChanges = ReadonlyMap<string, IndexedFile | undefined>;

/**
 * Compares two trees by id, entering only folders that differ.
 * @param most changes that are of interest
 * @returns undefined where there are more, a tree cannot be read, or something other than plain files differs
 */
export async function fileChanges(
  trees: Pick<Trees, 'read'>,
  from: string,
  to: string,
  most: number,
): Promise<FileChanges | undefined> {
  const changes = new Map<string, IndexedFile | undefined>();
  const compare = async (
    before: string | undefined,
    after: string | undefined,
    above: string,
  ): Promise<boolean> => {
    const [old, now] = await Promise.all(
      [before, after].map((id) => (id === undefined ? [] : trees.read(id))),
    );
    if (old === undefined || now === undefined) return false;
    const was = new Map(old.map((entry) => [entry.name, entry]));
    const is = new Map(now.map((entry) => [entry.name, entry]));
    const differing = [...new Set([...was.keys(), ...is.keys()])].filter(
      (name) => !isSame(was.get(name), is.get(name)),
    );
    const inside: Promise<boolean>[] = [];
    for (const name of differing) {
      const path = `${above}${name}`;
      const sides = [was.get(name), is.get(name)] as const;
      if (sides.some((entry) => entry !== undefined && !USUAL.has(entry.mode))) return false;
      const [folderBefore, folderAfter] = sides.map((entry) => (isFolder(entry) ? entry?.id : undefined));
      if (sides.some(isFolder)) inside.push(compare(folderBefore, folderAfter, `${path}/`));
      const file = sides[1];
      if (file !== undefined && !isFolder(file)) changes.set(path, file);
      else if (sides[0] !== undefined && !isFolder(sides[0])) changes.set(path, undefined);
      if (changes.size > most) return false;
    }
    return (await Promise.all(inside)).every(Boolean);
  };
  return (await compare(from, to, '')) ? changes : undefined;
}

const USUAL = new Set(['100644', '100755', FOLDER]);

const isFolder = (entry: Entry | undefined) => entry?.mode === FOLDER;

const isSame = (one: Entry | undefined, other: Entry | undefined) =>
  one?.id === other?.id && one?.mode === other?.mode;
