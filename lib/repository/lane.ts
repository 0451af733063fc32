import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { lutimes, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Launcher } from '../gates/launcher';
import { GATE_REPOSITORY_PATHS, makeGateRepository } from './gate-repository';
import { type Git, GitError } from './git';
import { digestOf, type KnownByIndex, knownByIndex } from './known';
import { remove, sweep } from './sweep';
import type { Folder, ListTree, TreeListing } from './tree';
import { type TreeSource, writeChanges } from './write-changes';

/** A work tree in which gates run, one after another. */
export interface Lane {
  /** Holds the work tree, and nothing of other lanes; absolute. */
  readonly folder: string;
  /**
   * Makes the work tree hold exactly `tree`, with HEAD detached at `head` (a commit whose tree is `tree`).
   * @returns the absolute path of the work tree
   * @throws UnusablePathError when no work tree can hold it
   * @throws GitError when an object is missing, or git cannot write the tree
   */
  checkout(head: string, tree: string): Promise<string>;
  /**
   * The path, without symbolic links, of a work tree that held just this when it was last looked at, and of which the
   * launcher can say whether that is still so. Undefined where only `checkout` will do.
   */
  sealed(head: string, tree: string): string | undefined;
}

/** A tree holds a path that git refuses to check out (`.GIT/config`), or that the file system cannot hold. */
export class UnusablePathError extends Error {}

const UNUSABLE_PATH = /^error: (invalid path '.*'|unable to create file .*: File name too long)$/m;

/**
 * Opens a lane below `home`; one process at a time may use it, for one checkout at a time. In its folder lie
 * - `tree`, the work tree, with a `.git` of the gate's own that is made anew for every checkout;
 * - `index`, ours, which says what files of `tree` are as we wrote them. A gate that changes its own index,
 *   configuration, hooks or refs thus changes nothing here;
 * - `clock`, touched before what is there is sealed;
 * - `attributes`, the digest of `index` and the attributes `tree` was written with. It is there only while `tree` and
 *   `index` belong together: without it, as after a crash, or with the digest of another index the lane starts over.
 * @param launcher what starts git, where it can
 * @param source what trees are read from to do without git, where that is certain to give the same
 */
export async function openLane(
  home: string,
  privateRepository: Git,
  listTree: ListTree,
  lane: number,
  launcher?: Launcher,
  source?: TreeSource,
): Promise<Lane> {
  const folder = join(lanesFolder(home, privateRepository), String(lane));
  const workTree = join(folder, 'tree');
  const index = join(folder, 'index');
  const attributes = join(folder, 'attributes');

  /** The tree that was written last, and how. */
  let held: Held | undefined;
  const isPlain = source !== undefined && configuresNothing(privateRepository);
  /** What was last given to a gate. */
  let given: { readonly head: string; readonly tree: string } | undefined;
  /** The same, where the launcher has a seal of it. */
  let seal: { readonly head: string; readonly tree: string; readonly path: string } | undefined;
  /** Gates that change their work tree are spared the seal: after each in vain so many checkouts go without, twice as many. */
  const patience = { left: 0, next: 1 };

  /** Before it is proven that a gate has changed nothing, so that what is proven is what was sealed. */
  async function trySeal(head: string, tree: string, listing: TreeListing): Promise<boolean> {
    if (launcher === undefined) return false;
    if (given?.head !== head || given.tree !== tree) {
      patience.left = 0;
      patience.next = 1;
      return false;
    }
    if (seal !== undefined) spare();
    if (patience.left > 0) {
      patience.left -= 1;
      return false;
    }
    const paths = pathsIn(listing.top);
    if (paths === undefined) return false;
    await touch(join(folder, 'clock'));
    return launcher.seal(folder, paths);
  }

  function spare(): void {
    seal = undefined;
    patience.left = patience.next;
    patience.next = Math.min(2 * patience.next, 64);
  }

  /** Whether the checkout had anything to write. */
  let isWritten = false;

  /** Updates what differs from `tree`. @returns the index */
  async function update(tree: string, listing: TreeListing): Promise<Buffer> {
    const content = readIfThere(index);
    // Whoever has changed it, also between two runs, can pass off any file as ours; and git would wait for a FIFO.
    if (content === undefined || digestOf(content) !== (held?.known.digest ?? readNote()?.digest))
      await startOver();
    else if (held?.tree === tree && (await keep(listing, held.known))) return content;
    return write(tree, listing, content);
  }

  /** What was noted when the work tree was last written. */
  function readNote(): { readonly digest: string; readonly attributes: string } | undefined {
    const [digest, rest] =
      readIfThere(attributes)
        ?.toString('latin1')
        .split(/\n(.*)/s) ?? [];
    return digest === undefined || rest === undefined ? undefined : { digest, attributes: rest };
  }

  /** Removes what is too much. @returns whether nothing else has to be done */
  const keep = async (listing: TreeListing, known: KnownByIndex) =>
    isFolder(workTree) && (await sweep(workTree, listing.top, known))?.length === 0;

  async function write(tree: string, listing: TreeListing, content: Buffer | undefined): Promise<Buffer> {
    isWritten = true;
    const before = held;
    held = undefined;
    // Attributes decide how unchanged files are written too (eol, ident, working-tree-encoding).
    if (readNote()?.attributes !== listing.attributes) await startOver();
    await remove(attributes);
    const now = (await writeHere(tree, listing, before, content)) ?? (await writeByGit(tree, listing));
    const known = knownByIndex(now, lstatSync(index).mtimeMs, tree.length / 2);
    await writeFile(attributes, `${known.digest}\n${listing.attributes}`, 'latin1');
    held = { tree, known, listing };
    return now;
  }

  async function writeHere(
    tree: string,
    { top, attributes: any }: TreeListing,
    before: Held | undefined,
    content: Buffer | undefined,
  ): Promise<Buffer | undefined> {
    if (!isPlain || any !== '' || before === undefined || content === undefined) return undefined;
    if (before.listing.attributes !== '' || !isFolder(workTree)) return undefined;
    const from = { tree: before.tree, top: before.listing.top, known: before.known, index: content };
    return writeChanges(source, { workTree, indexFile: index }, from, { tree, top }).catch(() => undefined);
  }

  async function writeByGit(tree: string, listing: TreeListing): Promise<Buffer> {
    await makeFolder(workTree);
    await sweep(workTree, listing.top);
    // With --reset -u this compares every file with the index and writes anew what differs.
    await privateRepository.run(['read-tree', '--reset', '-u', tree], {
      env: { GIT_WORK_TREE: workTree, GIT_INDEX_FILE: index },
      cwd: workTree,
      launcher,
    });
    return readFile(index);
  }

  async function startOver(): Promise<void> {
    held = undefined;
    await remove(attributes);
    await Promise.all([workTree, index, `${index}.lock`].map(remove));
  }

  await mkdir(folder, { recursive: true });
  return {
    folder,
    sealed: (head, tree) => (seal?.head === head && seal.tree === tree ? seal.path : undefined),
    async checkout(head, tree) {
      const listing = await listTree(tree);
      let content: Buffer;
      isWritten = false;
      const isTried = await trySeal(head, tree, listing);
      seal = undefined;
      given = undefined;
      try {
        content = await update(tree, listing);
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        // A damaged index, or something in the way that git would not replace.
        await startOver();
        content = await update(tree, listing).catch((again: unknown) => {
          const path = again instanceof GitError ? UNUSABLE_PATH.exec(again.stderr)?.[1] : undefined;
          throw path === undefined ? again : new UnusablePathError(`git cannot check it out: ${path}`);
        });
      }
      const objects = join(privateRepository.gitDir, 'objects');
      const isSame = await makeGateRepository(workTree, { head, index: content, objects });
      given = { head, tree };
      if (isTried && isSame && !isWritten) seal = { head, tree, path: realpathSync.native(workTree) };
      else if (isTried) spare();
      return workTree;
    },
  };
}

/** What a work tree was made to hold. */
interface Held {
  readonly tree: string;
  readonly listing: TreeListing;
  readonly known: KnownByIndex;
}

/** Settings of a bare repository that change nothing in how files are written; git sets others as the file system needs it. */
const USUAL_CONFIGURATION =
  /^(\s*(\[(core|extensions)\]|repositoryformatversion = [01]|filemode = true|bare = true|objectformat = \w+)\n)*$/i;

/** Whether work trees are written as git does by default. */
function configuresNothing({ gitDir }: Git): boolean {
  const configuration = readIfThere(join(gitDir, 'config'))?.toString('latin1');
  const isUsual = configuration !== undefined && USUAL_CONFIGURATION.test(configuration);
  return isUsual && !existsSync(join(gitDir, 'info'));
}

/** So many paths the launcher keeps in memory; where there are more a gate takes longer than the walk. */
const MOST_SEALED = 10_000;

/** All paths in a lane's folder that a gate may have changed, the clock first; undefined where there are too many. */
function pathsIn(top: Folder): string[] | undefined {
  const paths = ['clock', 'index', 'attributes', 'tree'];
  for (const path of GATE_REPOSITORY_PATHS) paths.push(`tree/${path}`);
  const visit = (folder: Folder, path: string) => {
    for (const [name, inside] of folder) {
      paths.push(`${path}/${name}`);
      if (paths.length > MOST_SEALED) return;
      if (typeof inside !== 'string') visit(inside, `${path}/${name}`);
    }
  };
  visit(top, 'tree');
  return paths.length > MOST_SEALED ? undefined : paths;
}

/** Makes a folder where there is none; anything else of that name goes. */
async function makeFolder(path: string): Promise<void> {
  if (isFolder(path)) return;
  await remove(path);
  await mkdir(path, { recursive: true });
}

/** Sets the time of change of whatever a gate has left there, without following or opening it. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await lutimes(path, now, now).catch(() => writeFile(path, '', { flag: 'wx' }).catch(() => {}));
}

/** The content of a file; undefined where there is none, or something else of that name. */
function readIfThere(path: string): Buffer | undefined {
  try {
    return lstatSync(path).isFile() ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Where the lanes of a repository lie. */
export const lanesFolder = (home: string, privateRepository: Git) =>
  join(home, 'lanes', basename(privateRepository.gitDir, '.git'));

const isFolder = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
