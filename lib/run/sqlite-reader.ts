import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causeOf, openDatabase } from '../database';
import { BUSY_MS, hasSchema, openSqliteStore, readerOf } from './sqlite-store';
import type { RunReader } from './store';

/**
 * The runs of a SQLite file for who only looks: nothing is made, and the file may be one that this user cannot
 * write. There may be no file yet, and so no runs.
 * @throws InputError as `openSqliteStore`
 */
export async function openRuns(file: string): Promise<RunReader> {
  if ((await stat(file).catch(() => undefined)) === undefined) return NO_RUNS;
  return openToWrite(file)
    .catch(ifForbidden(() => readInPlace(file)))
    .catch(ifForbidden(() => readCopy(file)));
}

const openToWrite = async (file: string): Promise<RunReader> => openSqliteStore(file);

const ifForbidden = (next: () => RunReader | Promise<RunReader>) => (error: unknown) => {
  if (causeOf(error) !== 'forbidden') throw error;
  return next();
};

const NO_RUNS: RunReader = {
  find: async () => undefined,
  list: async () => [],
  async read(id) {
    throw new Error(`unknown run ${id}`);
  },
  events: async () => [],
  async *eventsAfter() {},
  close: async () => {},
};

/** Possible while the log is there, or may be made beside the file. */
function readInPlace(file: string): RunReader {
  const db = openDatabase(file, BUSY_MS, true);
  try {
    if (hasSchema(db, file)) return readerOf(db);
    db.close();
    return NO_RUNS;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Where even that is not possible, nobody is writing. */
async function readCopy(file: string): Promise<RunReader> {
  const folder = await mkdtemp(join(tmpdir(), 'lex-pr-runs-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'state.db');
    await copyFile(file, copy);
    await copyFile(`${file}-wal`, `${copy}-wal`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    const reader = readInPlace(copy);
    return {
      ...reader,
      async close() {
        await reader.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
