import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeState, encodeState } from '../run/codec';
import type { RunRecord } from '../run/record';
import type { Pause } from '../run/state';
import { pauseRun } from '../run/step';
import { type RunStore, StaleVersionError } from '../run/store';
import type { Workload } from '../run/workload';

/** A pause of all runs in a `.lex-pr` folder that land on a target, or (null) on any. */
const pauseSchema = z.object({
  target: z.string().nullable(),
  /** By whom, and what for. */
  why: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
});
export type KeptPause = z.output<typeof pauseSchema>;

const fileOf = (home: string) => join(home, 'pauses.json');

/** @throws Error when the file is damaged: nobody knows then whether something is paused */
export function readPauses(home: string): KeptPause[] {
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

/** What holds landings on a target. */
export function pauseOf(pauses: readonly KeptPause[], target: string): Pause | undefined {
  const found =
    pauses.find((pause) => pause.target === target) ?? pauses.find((pause) => pause.target === null);
  return found && { why: found.why };
}

/**
 * Makes a run that is to land know of the pause of its target, or of its end. Whoever changes the pauses calls this for
 * every run that has not ended, and whoever has made a run for that one, so that none is missed.
 */
export async function applyPause(
  home: string,
  store: Pick<RunStore, 'read' | 'commit'>,
  record: RunRecord,
  load: Workload,
): Promise<void> {
  if (!record.execute) return;
  for (;;) {
    const pause = pauseOf(readPauses(home), record.plan.target);
    const { version, state: text } = await store.read(record.id);
    const state = decodeState(load, text);
    if (state.phase === 'done' || state.paused?.why === pause?.why) return;
    const paused = pauseRun(load, state, pause, Date.now());
    try {
      await store.commit(record.id, version, encodeState(paused.state), paused.events);
      return;
    } catch (error) {
      // The run went on meanwhile.
      if (!(error instanceof StaleVersionError)) throw error;
    }
  }
}
