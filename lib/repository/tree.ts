import type { ObjectReader } from './object-reader';
import { entries, FOLDER } from './trees';

export type Leaf = 'file' | 'executable' | 'symlink';

/**
 * A folder of a tree, by name; a submodule is an empty folder. Names and paths here hold one character a byte
 * (latin1), because git's paths are bytes.
 */
export type Folder = ReadonlyMap<string, Folder | Leaf>;

export interface TreeListing {
  readonly top: Folder;
  /** All `.gitattributes` of the tree, by path and content: two trees with the same ones check out alike. */
  readonly attributes: string;
}

/** Lists a tree with everything below it. @throws Error when an object of it is missing */
export type ListTree = (tree: string) => Promise<TreeListing>;

interface Subtree {
  readonly folder: Folder;
  /** `<path> NUL <id>` of each `.gitattributes`, paths relative to the subtree. */
  readonly attributes: readonly string[];
}

/** Subtrees kept in memory; after that many the oldest go. */
const KEPT = 20_000;

/** Trees that differ in a file share all other folders, so listing the next one reads only what changed. */
export function createTreeList(reader: ObjectReader): ListTree {
  const kept = new Map<string, Promise<Subtree>>();
  const list = (id: string): Promise<Subtree> => {
    const known = kept.get(id);
    if (known !== undefined) return known;
    const subtree = read(id);
    kept.set(id, subtree);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    subtree.catch(() => kept.delete(id));
    return subtree;
  };
  const read = async (id: string): Promise<Subtree> => {
    const object = await reader.read(id);
    if (object?.type !== 'tree') throw new Error(`tree ${id} is not in the repository`);
    const folder = new Map<string, Folder | Leaf>();
    const attributes: string[] = [];
    for (const { mode, name, id: child } of entries(object.body, id.length / 2)) {
      if (mode === FOLDER) {
        const below = await list(child);
        folder.set(name, below.folder);
        attributes.push(...below.attributes.map((path) => `${name}/${path}`));
      } else folder.set(name, fromMode(mode));
      if (name === '.gitattributes') attributes.push(`${name}\0${child}`);
    }
    return { folder, attributes };
  };
  return async (tree) => {
    const { folder, attributes } = await list(tree);
    return { top: folder, attributes: attributes.join('\n') };
  };
}

/** What a mode of a tree entry means (git-fast-import(1), "filemodify"). */
function fromMode(mode: string): Folder | Leaf {
  if (mode === '160000') return new Map();
  if (mode === '120000') return 'symlink';
  return mode === '100755' ? 'executable' : 'file';
}
