import { InputError, refuse } from '../../errors';
import type { Cloud } from '../engine';
import type { Io } from '../io';
import type { MergeOptions } from '../merge';
import { openFolder } from './artifact-folder';
import { followOnAws } from './follow';
import { onlyOpenRun } from './open-run';

/**
 * `lex-pr resume` on AWS: starts a run again whose execution has ended before it was done; one that goes on is only
 * followed, and one that has ended gives its report. @returns the exit code of the whole run
 */
export async function resumeOnAws(
  id: string | undefined,
  options: MergeOptions,
  cloud: Cloud,
  io: Io,
): Promise<number> {
  if (options.maxWorkers !== undefined)
    throw refuse(
      'usage',
      'a run on AWS keeps the lanes that it was submitted with',
      'leave --max-workers out, or cancel the run and submit it again',
    );
  const { control } = cloud;
  const run = id ?? (await onlyOpenRun(control)).runId;
  const first = await control.resume({ run }).then(
    () => `run ${run} is started again; Ctrl-C ends the display, not the run`,
    (error: unknown) => {
      const code = error instanceof InputError ? error.problems[0]?.code : undefined;
      if (code === 'run-in-progress') return `following run ${run}; Ctrl-C ends the display, not the run`;
      if (code === 'run-ended') return `run ${run} has ended; this is what it came to`;
      throw error;
    },
  );
  const folder = await openFolder(run, options.artifactDir, io);
  return followOnAws({ cloud, run, folder, first }, options, io);
}
