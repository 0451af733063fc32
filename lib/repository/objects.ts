import { hash, randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Git } from './git';
import type { ObjectReader, StoredObject } from './object-reader';
import { packOf } from './pack';
import { writeNewFile } from './write-new-file';

export type Writable = 'commit' | 'tree';

/** Objects of one repository, read and written without a process each. */
export interface Objects {
  /** As `ObjectReader.read`; finds what is staged, too. */
  read(id: string): Promise<StoredObject | undefined>;
  /**
   * Writes an object at once.
   * @returns the id that git would give it
   */
  write(type: Writable, body: Buffer): string;
  /**
   * Keeps an object in memory until `flush`: git finds it from then on, `read` before.
   * @param parts of its body
   * @returns its id
   */
  stage(type: Writable, parts: readonly Buffer[]): string;
  /** Writes what is staged. @throws GitError, Error when it cannot; all of it stays staged then */
  flush(): Promise<void>;
  /** What is staged, in bytes. */
  stagedBytes(): number;
  /** Ends the process behind `read`. */
  close(): Promise<void>;
}

/** Up to so many objects are written one by one, which is then faster than a process that makes a pack of them. */
const LOOSE = 24;

/** Ids of objects kept, so that none of them is written again. */
const KEPT = 50_000;

/** Where objects lie, and by which hash they are named. */
export interface ObjectPlace {
  readonly folder: string;
  readonly format: 'sha1' | 'sha256';
}

/** Asks git for the place of a repository's objects. @throws GitError when it is not a repository */
export async function findObjects(git: Git): Promise<ObjectPlace> {
  const questions = ['--path-format=absolute', '--show-object-format', '--git-path', 'objects'];
  // The path comes last because it may hold newlines.
  const [format, ...path] = (await git.text(['rev-parse', ...questions])).split('\n');
  return { folder: path.join('\n'), format: format === 'sha256' ? 'sha256' : 'sha1' };
}

/** @param reader closed with the objects */
export function openObjects(
  git: Git,
  reader: ObjectReader,
  { folder, format: algorithm }: ObjectPlace,
): Objects {
  const staged = new Map<string, { readonly type: Writable; readonly body: Buffer }>();
  const written = new Set<string>();
  let bytes = 0;
  let flushed: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    const batch = [...staged];
    if (batch.length === 0) return;
    if (batch.length > LOOSE) {
      const input = packOf(
        batch.map(([, object]) => object),
        algorithm,
      );
      await git.run(['index-pack', '--stdin'], { input });
    } else for (const [id, { type, body }] of batch) writeLoose(folder, id, wholeOf(type, [body]));
    for (const [id, { body }] of batch) {
      staged.delete(id);
      bytes -= body.length;
      written.add(id);
    }
    if (written.size > KEPT) written.clear();
  }

  return {
    async read(id) {
      return staged.get(id) ?? (await reader.read(id));
    },
    write(type, body) {
      const object = wholeOf(type, [body]);
      const id = hash(algorithm, object, 'hex');
      writeLoose(folder, id, object);
      return id;
    },
    stage(type, parts) {
      const object = wholeOf(type, parts);
      const id = hash(algorithm, object, 'hex');
      if (staged.has(id) || written.has(id)) return id;
      const body = object.subarray(object.indexOf(0) + 1);
      bytes += body.length;
      staged.set(id, { type, body });
      return id;
    },
    flush() {
      // One after another: who asks waits for what another flush has taken, too.
      flushed = flushed.catch(() => {}).then(flush);
      return flushed;
    },
    stagedBytes: () => bytes,
    close: () => reader.close(),
  };
}

/** An object as it is hashed and stored: with its type and length in front. */
function wholeOf(type: Writable, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from(`${type} ${length}\0`), ...parts]);
}

/** For what is small, to get zlib's usual 256 KB of memory ready takes several times as long as all else. */
const LITTLE_MEMORY = { level: 1, windowBits: 9, memLevel: 1, chunkSize: 4096 };
const SMALL = 4096;

/**
 * Writes a loose object as git does (gitrepository-layout(5)): complete under another name first, so that
 * nobody ever sees half of it. One that is there already is replaced by the same bytes. Without waiting for the
 * disk in between, because that takes longer than what is waited for.
 */
function writeLoose(objects: string, id: string, object: Buffer): void {
  const path = join(objects, id.slice(0, 2), id.slice(2));
  // The name by which `git prune` knows and removes what a crash has left.
  const unfinished = join(dirname(path), `tmp_obj_${randomUUID()}`);
  const content = object.length < SMALL ? deflateSync(object, LITTLE_MEMORY) : deflateSync(object);
  try {
    writeNewFile(unfinished, content, 0o444);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
