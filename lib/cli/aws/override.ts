import { userName } from '../cancel-reason';
import type { Cloud } from '../engine';
import { ExitCode, type Io } from '../io';
import { type OverrideCommandOptions, overriddenText, writeOverrideWarnings } from '../override';
import { onlyOpenRun } from './open-run';

/** `lex-pr override` on AWS. @returns 0 */
export async function overrideOnAws(
  item: string,
  options: OverrideCommandOptions,
  { control }: Cloud,
  io: Io,
): Promise<number> {
  const { gate, user, reason, json = false } = options;
  const run = options.run ?? (await onlyOpenRun(control)).runId;
  const { warnings } = await control.override({ run, item, gate, user, reason, by: userName() });
  io.stdout.write(overriddenText(run, { item, gate, user }, '', json));
  writeOverrideWarnings(warnings, json, io, run);
  return ExitCode.merged;
}
