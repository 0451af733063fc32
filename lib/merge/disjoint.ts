import { type Entry, entryOf, FOLDER, type Trees, withEntries } from '../repository/trees';

/**
 * Merges two trees on one base, all by id, where no path was changed on both sides: the changes from `base` to
 * `theirs` are put into `ours`.
 * @returns the id of the tree, staged, that `git merge` gives; undefined where that is not certain, and git is to
 *   be asked. Why it is certain: docs/decisions/0060-disjoint-merges.md
 */
export interface MergeDisjoint {
  (base: string, ours: string, theirs: string): Promise<string | undefined>;
  /** Reads what a merge of these two into any tree needs. */
  readAhead(base: string, theirs: string): Promise<unknown>;
}

/** What became of an entry of a folder. */
interface Change {
  readonly from: Entry | undefined;
  readonly to: Entry | undefined;
  /** Where it was a folder and still is. */
  readonly below: Changes | undefined;
}

/** By name in a folder. */
type Changes = ReadonlyMap<string, Change>;

/** A change of more files than that is left to git: to keep it takes more than it saves. */
const MOST_CHANGES = 250;
/** Heads whose changes are kept. */
const KEPT = 1_000;

export function createMergeDisjoint(trees: Trees): MergeDisjoint {
  const kept = new Map<string, Promise<Changes | undefined>>();

  const changes = (base: string, theirs: string): Promise<Changes | undefined> => {
    const key = `${base} ${theirs}`;
    const found = kept.get(key) ?? compare(trees, base, theirs, { left: MOST_CHANGES });
    kept.delete(key);
    kept.set(key, found);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    found.catch(() => kept.delete(key));
    return found;
  };

  const merge = async (base: string, ours: string, theirs: string) => {
    if (base === ours) return theirs;
    if (base === theirs) return ours;
    const changed = await changes(base, theirs);
    return changed && apply(trees, changed, ours);
  };
  return Object.assign(merge, { readAhead: changes });
}

/** What has changed from one folder to another; undefined: more than may be, or one of them cannot be read. */
async function compare(
  trees: Trees,
  before: string | undefined,
  after: string,
  budget: { left: number },
): Promise<Changes | undefined> {
  const [from, to] = await Promise.all([before === undefined ? [] : trees.read(before), trees.read(after)]);
  if (from === undefined || to === undefined) return undefined;
  const old = new Map(from.map((entry) => [entry.name, entry]));
  const changed = new Map<string, Change>();
  for (const entry of to) {
    const was = old.get(entry.name);
    old.delete(entry.name);
    if (!isSame(was, entry)) changed.set(entry.name, { from: was, to: entry, below: undefined });
  }
  for (const [name, was] of old) changed.set(name, { from: was, to: undefined, below: undefined });
  budget.left -= changed.size;
  if (budget.left < 0) return undefined;
  const folders = [...changed].map(async ([name, change]) => {
    if (!isFolder(change.from) || !isFolder(change.to)) return true;
    const below = await compare(trees, change.from.id, change.to.id, budget);
    changed.set(name, { ...change, below });
    return below !== undefined;
  });
  return (await Promise.all(folders)).every(Boolean) ? changed : undefined;
}

/** The id of the folder with the changes; undefined where one meets something that it does not start from. */
async function apply(trees: Trees, changes: Changes, ours: string): Promise<string | undefined> {
  const tree = await trees.read(ours);
  if (tree === undefined) return undefined;
  const mine = new Map<string, Entry>();
  for (const entry of tree) if (changes.has(entry.name)) mine.set(entry.name, entry);
  const result = new Map<string, Entry | undefined>();
  for (const [name, { from, to, below }] of changes) {
    const own = mine.get(name);
    if (isSame(own, from)) {
      result.set(name, to);
      continue;
    }
    // Both sides changed something in this folder, or both have added it; a folder that is gone on one side may
    // have been renamed, and git then moves along what the other has added to it.
    if (!isFolder(own) || !isFolder(to) || !(from === undefined || isFolder(from))) return undefined;
    const inside = below ?? (await compare(trees, undefined, to.id, { left: MOST_CHANGES }));
    const id = inside && (await apply(trees, inside, own.id));
    if (id === undefined) return undefined;
    const isEmpty = (await trees.read(id))?.length === 0;
    result.set(name, isEmpty ? undefined : entryOf(FOLDER, name, id));
  }
  return trees.write(withEntries(tree, result));
}

const isFolder = (entry: Entry | undefined): entry is Entry => entry?.mode === FOLDER;

const isSame = (one: Entry | undefined, other: Entry | undefined) =>
  one?.id === other?.id && one?.mode === other?.mode;
