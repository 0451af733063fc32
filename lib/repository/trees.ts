import type { Objects } from './objects';

/** An entry of a tree. The name holds one character a byte (latin1), because git's names are bytes. */
export interface Entry {
  /** As in the object: `100644`, `40000`. */
  readonly mode: string;
  readonly name: string;
  readonly id: string;
  /** The entry as it stands in the object: `<mode> SP <name> NUL <id as bytes>`. */
  readonly bytes: Buffer;
}

/** The entries of one folder in the order of git: by name as bytes, a folder as if its name ended with a slash. */
export type Tree = readonly Entry[];

export const FOLDER = '40000';
const MODES = new Set(['100644', '100755', '120000', '160000', FOLDER]);

/** Trees of one repository, read and written without a process each. */
export interface Trees {
  /** Undefined where it is missing, or not in the form that git gives to new trees today. */
  read(id: string): Promise<Tree | undefined>;
  /** Stages a tree. @returns its id */
  write(tree: Tree): string;
}

/** Entries of trees that are kept in memory; trees of which one was made from the other share most of theirs. */
const KEPT = 100_000;

export function openTrees(objects: Pick<Objects, 'read' | 'stage'>): Trees {
  const kept = new Map<string, Tree>();
  let size = 0;
  const keep = (id: string, tree: Tree) => {
    if (kept.has(id)) return;
    kept.set(id, tree);
    size += tree.length + 1;
    for (const [oldest, { length }] of kept) {
      if (size <= KEPT || oldest === id) break;
      kept.delete(oldest);
      size -= length + 1;
    }
  };
  return {
    async read(id) {
      const known = kept.get(id);
      if (known !== undefined) return known;
      const object = await objects.read(id);
      const tree = object?.type === 'tree' ? parseTree(object.body, id.length / 2) : undefined;
      if (tree !== undefined) keep(id, tree);
      return tree;
    },
    write(tree) {
      const id = objects.stage(
        'tree',
        tree.map(({ bytes }) => bytes),
      );
      keep(id, tree);
      return id;
    },
  };
}

/** The entries of a tree object as they stand in it. */
export function* entries(body: Buffer, idBytes: number): Generator<Entry> {
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const nul = body.indexOf(0, space);
    const end = nul + 1 + idBytes;
    yield {
      mode: body.toString('latin1', at, space),
      name: body.toString('latin1', space + 1, nul),
      id: body.toString('hex', nul + 1, end),
      bytes: body.subarray(at, end),
    };
    at = end;
  }
}

function parseTree(body: Buffer, idBytes: number): Tree | undefined {
  const tree = [...entries(body, idBytes)];
  const isUsual = tree.every(
    (entry, at) => MODES.has(entry.mode) && (at === 0 || orderOf(tree[at - 1]!) < orderOf(entry)),
  );
  // A file and a folder of one name need not stand side by side.
  return isUsual && new Set(tree.map(({ name }) => name)).size === tree.length ? tree : undefined;
}

const orderOf = ({ name, mode }: Entry) => (mode === FOLDER ? `${name}/` : name);

export function entryOf(mode: string, name: string, id: string): Entry {
  return {
    mode,
    name,
    id,
    bytes: Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(id, 'hex')]),
  };
}

/** A tree with other entries of some names; undefined: with none of that name. */
export function withEntries(tree: Tree, changed: ReadonlyMap<string, Entry | undefined>): Tree {
  const result = tree.filter(({ name }) => !changed.has(name));
  for (const entry of changed.values()) {
    if (entry === undefined) continue;
    const order = orderOf(entry);
    let [low, high] = [0, result.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (orderOf(result[middle]!) < order) low = middle + 1;
      else high = middle;
    }
    result.splice(low, 0, entry);
  }
  return result;
}
