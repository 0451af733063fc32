import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePattern, type Segment } from './pattern';
import { isInside } from './work-folder';

export interface Found {
  /** Path relative to the folder that was searched → the file, absolute and without symbolic links. */
  readonly files: ReadonlyMap<string, string>;
  /** What was left out, and why. */
  readonly notes: ReadonlySet<string>;
}

/**
 * The regular files that match a pattern, and those in folders that match. Every path is resolved before it
 * counts, so nothing outside the work tree is found. Links within it are followed; but neither `**` nor the
 * content of a matching folder goes through links to folders, so that links in a circle end. Nothing is
 * opened but folders.
 * @param workTree absolute, without symbolic links
 * @param cwd folder of the work tree that the pattern is relative to
 */
export async function findFiles(pattern: string, workTree: string, cwd: string): Promise<Found> {
  const files = new Map<string, string>();
  const notes = new Set<string>();
  const seen = new Set<string>();

  const segments = parsePattern(pattern);
  if (segments === undefined) notes.add(`artifact pattern leads out of the gate's folder: ${shown(pattern)}`);
  else await match('', segments, 0);
  if (files.size === 0 && notes.size === 0) notes.add(`no file matches artifact pattern ${shown(pattern)}`);
  return { files, notes };

  async function match(path: string, segments: readonly Segment[], index: number): Promise<void> {
    const key = `${index}/${path}`;
    if (seen.has(key)) return;
    seen.add(key);
    const segment = segments[index];
    if (segment === undefined) return take(path);
    if (segment.kind === 'name') return match(join(path, segment.name), segments, index + 1);
    if (segment.kind === 'folders') await match(path, segments, index + 1);
    for (const entry of await entriesOf(path)) {
      const child = join(path, entry.name);
      if (segment.kind === 'wildcard') {
        if (segment.matches(entry.name)) await match(child, segments, index + 1);
      } else if (entry.isDirectory() && !entry.name.startsWith('.')) await match(child, segments, index);
    }
  }

  /** A file, or a folder with all that it holds except a repository's own files. */
  async function take(path: string): Promise<void> {
    const target = await resolve(path);
    if (target?.stats.isFile()) files.set(path, target.real);
    else if (target?.stats.isDirectory()) {
      for (const entry of await entriesOf(path)) {
        const child = join(path, entry.name);
        if (entry.name === '.git') continue;
        if (entry.isSymbolicLink() && (await resolve(child))?.stats.isDirectory())
          notes.add(`link to a folder is left out: ${shown(child)}`);
        else await take(child);
      }
    } else if (target !== undefined) notes.add(`not a regular file, left out: ${shown(path)}`);
  }

  async function entriesOf(path: string): Promise<Dirent[]> {
    const target = await resolve(path);
    if (!target?.stats.isDirectory()) return [];
    return readdir(target.real, { withFileTypes: true }).catch((error) => {
      noteUnreadable(path, error);
      return [];
    });
  }

  /** What a path leads to, unless that does not exist or lies outside. */
  async function resolve(path: string): Promise<{ real: string; stats: Stats } | undefined> {
    try {
      const real = await realpath(join(workTree, cwd, path));
      if (isInside(workTree, real)) return { real, stats: await stat(real) };
      notes.add(`leads out of the work tree, left out: ${shown(path)}`);
    } catch (error) {
      noteUnreadable(path, error);
    }
    return undefined;
  }

  /** What does not exist was never there, unless its name could not be decoded. */
  function noteUnreadable(path: string, error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    if (!missing) notes.add(`cannot be read (${code}): ${shown(path)}`);
    else if (path.includes('\ufffd')) notes.add(`name is not UTF-8, left out: ${shown(path)}`);
  }
}

/** A name as text that stays on its line. */
export function shown(name: string): string {
  return /[\x00-\x1f\x7f-\x9f]/.test(name) ? JSON.stringify(name) : name;
}
