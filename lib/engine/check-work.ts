import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Answer } from '../callbacks/answer';
import type { Callback, Place } from '../callbacks/callback';
import { answerLog, outcomeOf } from '../callbacks/outcome';
import { AT_END } from '../gates/capped-log';
import { type GateOutcome, type GateRequest, runGate } from '../gates/run-gate';
import type { Checks } from './checks';

/**
 * One attempt of a gate that runs elsewhere: its command starts the check, and the answer of the callback decides.
 * A command that fails has started nothing. Where a process that died has started it before, its answer is
 * waited for, or taken, and nothing is started again.
 * @throws what `runGate` throws
 */
export async function runCheck(checks: Checks, place: Place, request: GateRequest): Promise<GateOutcome> {
  const { gate, signal, logFile } = request;
  const callback = await checks.open(place, gate.timeoutSeconds);
  const startedAt = Date.now();
  let command: GateOutcome | undefined;
  if (!callback.requested) {
    const variables = { ...request.variables, ...callbackVariables(callback) };
    command = await runGate({ ...request, variables });
    if (command.status === 'stopped') return command;
    if (command.status !== 'pass') {
      await checks.giveUp(place, callback);
      return { ...command, note: noteOnStart(command) };
    }
    await checks.started(place, callback);
  }
  const end = await checks.wait(place, callback, signal);
  const kept = end?.kind === 'answered' ? await keepLog(logFile, end.answer) : 0;
  const base = {
    outputBytes: (command?.outputBytes ?? 0) + kept,
    truncated: command?.truncated ?? false,
    startedAt: command?.startedAt ?? startedAt,
    signal: null,
    artifacts: [],
    alone: false,
  };
  if (end === undefined) {
    const endedAt = Date.now();
    return { ...base, status: 'stopped', endedAt, exitCode: null, note: 'stopped while it waited' };
  }
  // An answer may have come before this process did.
  const endedAt = Math.max(base.startedAt, end.at);
  return { ...base, ...outcomeOf(end, gate.timeoutSeconds), endedAt };
}

/** What the command that starts a check is told. */
const callbackVariables = ({ id, url, key, expiresAt }: Callback) => ({
  LEX_PR_CALLBACK_ID: id,
  LEX_PR_CALLBACK_URL: url,
  LEX_PR_CALLBACK_KEY: key,
  LEX_PR_CALLBACK_EXPIRES: new Date(expiresAt).toISOString(),
});

const noteOnStart = ({ note }: GateOutcome) =>
  ['the check was not started', ...(note === undefined ? [] : [note])].join(': ');

/** Behind the output of the command. Returns how many bytes that is. */
async function keepLog(file: string, answer: Answer): Promise<number> {
  const bytes = Buffer.from(answerLog(answer));
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, bytes, { flag: AT_END });
  return bytes.length;
}
