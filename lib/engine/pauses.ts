import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type KeptPause, pauseOf } from '../run/pauses';
import type { RunRecord } from '../run/record';
import type { RunState } from '../run/state';
import type { RunStore } from '../run/store';
import type { Workload } from '../run/workload';
import { applyPause } from './apply-pause';

/** Pauses of runs in a `.lex-pr` folder. */
const pauseSchema = z.object({ target: z.string().nullable(), why: z.string(), at: z.number() });

const fileOf = (home: string) => join(home, 'pauses.json');

/** @throws Error when the file is damaged: nobody knows then whether something is paused */
export function readPauses(home: string): readonly KeptPause[] {
  try {
    return z.array(pauseSchema).parse(JSON.parse(readFileSync(fileOf(home), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${fileOf(home)} cannot be read: ${(error as Error).message}; put it right or remove it`);
  }
}

export function writePauses(home: string, pauses: readonly KeptPause[]): void {
  const file = fileOf(home);
  writeFileSync(`${file}.new`, JSON.stringify(pauses));
  renameSync(`${file}.new`, file);
}

/** `applyPause` for a run of this folder. */
export function applyLocalPause(
  home: string,
  store: Pick<RunStore, 'read' | 'commit'>,
  record: RunRecord,
  load: Workload,
): Promise<RunState> {
  const pauseNow = async () => pauseOf(readPauses(home), record.plan.target);
  return applyPause({ store, record, load, pauseNow, now: Date.now });
}
