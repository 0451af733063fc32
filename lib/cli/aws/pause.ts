import type { Paused } from '../../engine/aws/control-protocol';
import { refuse } from '../../errors';
import { printable } from '../../telemetry/printable';
import { cancelReason } from '../cancel-reason';
import type { Cloud } from '../engine';
import { ExitCode, type Io } from '../io';
import { type PauseCommandOptions, type PauseOptions, pausedText } from '../pause';
import { refuseNoBranch } from '../paused-branch';
import { originUrl } from './origin-url';

/** `lex-pr pause` on AWS: from now on nothing lands on a target of the stack, or on any. @returns 0 */
export async function pauseOnAws(options: PauseCommandOptions, { control }: Cloud, io: Io): Promise<number> {
  if (options.target !== undefined) refuseNoBranch(options.target);
  const place = await placeOf(options, io);
  const paused = await control.pause({ ...place, why: cancelReason(options.reason) });
  return print(paused, options, io);
}

/** `lex-pr unpause` on AWS: ends a pause; runs that waited for that land. @returns 0 */
export async function unpauseOnAws(options: PauseOptions, { control }: Cloud, io: Io): Promise<number> {
  return print(await control.unpause(await placeOf(options, io)), options, io);
}

/** The target with its repository: the one that is named, else that of the current folder. */
async function placeOf({ target, repository }: PauseOptions, { cwd }: Io) {
  if (target !== undefined) return { target, repository: repository ?? (await originUrl(cwd, FLAG)) };
  if (repository === undefined) return {};
  throw refuse(
    'usage',
    '--repository goes with --target',
    'name the target as well; without both every target is meant',
  );
}

const FLAG = {
  missing: '--repository is left out',
  hint: 'name it: --repository https://…',
  where: 'by --repository',
};

function print(paused: Paused, { json }: PauseOptions, io: Io): number {
  const { target, repository } = paused;
  const name = target === null ? 'every target of the stack' : printable(`${target} of ${repository}`);
  io.stdout.write(pausedText(paused, name, json));
  return ExitCode.merged;
}
