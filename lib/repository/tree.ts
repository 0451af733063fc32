import type { Git } from './git';

export type Leaf = 'file' | 'executable' | 'symlink';

/**
 * A folder of a tree, by name; a submodule is an empty folder. Names and paths here hold one character a byte
 * (latin1), because git's paths are bytes.
 */
export type Folder = Map<string, Folder | Leaf>;

export interface TreeListing {
  readonly top: Folder;
  /** All `.gitattributes` of the tree, by path and content: two trees with the same ones check out alike. */
  readonly attributes: string;
}

/** Lists a tree with everything below it. */
export async function listTree(git: Git, tree: string): Promise<TreeListing> {
  const { stdout } = await git.run(['ls-tree', '-r', '-z', '--full-tree', tree]);
  const top: Folder = new Map();
  const attributes: string[] = [];
  for (const entry of stdout.toString('latin1').split('\0').slice(0, -1)) {
    // <mode> SP <type> SP <id> TAB <path>
    const tab = entry.indexOf('\t');
    const path = entry.slice(tab + 1).split('/');
    const name = path.pop()!;
    if (name === '.gitattributes') attributes.push(entry);
    folderAt(top, path).set(name, fromMode(entry.slice(0, entry.indexOf(' '))));
  }
  return { top, attributes: attributes.join('\n') };
}

/** What a mode of a tree entry means (git-fast-import(1), "filemodify"). */
function fromMode(mode: string): Folder | Leaf {
  if (mode === '160000') return new Map();
  if (mode === '120000') return 'symlink';
  return mode === '100755' ? 'executable' : 'file';
}

function folderAt(top: Folder, path: readonly string[]): Folder {
  let folder = top;
  for (const name of path) {
    let next = folder.get(name);
    if (!(next instanceof Map)) {
      next = new Map();
      folder.set(name, next);
    }
    folder = next;
  }
  return folder;
}
