import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from '../../engine/aws/control-client';
import type { Cancelled } from '../../engine/aws/control-protocol';
import { InputError } from '../../errors';
import { cancelReason } from '../cancel-reason';
import type { Cloud } from '../engine';
import { ExitCode, type Io } from '../io';
import { writeNotes } from '../notes';
import { onlyOpenRun } from './open-run';

/** Between two questions whether a landing is over, in ms: the repository tells nobody but who lands. */
const LANDING_MS = 2_000;

/** `lex-pr cancel` on AWS. @returns 0 once acknowledged, 1 when it is too late */
export async function cancelOnAws(
  id: string | undefined,
  options: { readonly reason?: string; readonly json?: boolean },
  { control, commandFor }: Cloud,
  io: Io,
): Promise<number> {
  const { json = false } = options;
  const run = id ?? (await onlyOpenRun(control)).runId;
  const why = cancelReason(options.reason);
  let result = await ask(control, run, why);
  if (result === 'landing') {
    const message = 'the repository refuses the fence of the target: waiting for the end of the landing';
    writeNotes([{ event: 'cancel', message, warn: true }], json, io, { run });
  }
  while (result === 'landing') {
    await sleep(LANDING_MS);
    result = await ask(control, run, why, true);
  }
  const words =
    result === 'cancelled'
      ? `run ${run} is cancelled: nothing of it lands`
      : `too late: run ${run} has landed, or has nothing left to land; see ${commandFor('status', run)}`;
  io.stdout.write(json ? `${JSON.stringify({ runId: run, status: result })}\n` : `${words}\n`);
  return result === 'cancelled' ? ExitCode.merged : ExitCode.failed;
}

/** @param again it was asked before, and the run was landing: its end since then is that of the landing */
async function ask(control: Control, run: string, why: string, again = false): Promise<Cancelled['result']> {
  try {
    return (await control.cancel({ run, why })).result;
  } catch (error) {
    if (again && error instanceof InputError && error.problems[0]?.code === 'run-ended') return 'too-late';
    throw error;
  }
}
