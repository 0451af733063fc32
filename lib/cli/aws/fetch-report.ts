import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Control } from '../../engine/aws/control-client';
import { Fault, refuse } from '../../errors';
import { parseReport } from '../../report/kept';
import type { Report } from '../../report/report';
import { filePlacer } from './place-file';

export interface Fetching {
  readonly control: Pick<Control, 'report'>;
  readonly run: string;
  /** Absolute, and there. */
  readonly folder: string;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Downloads at once. */
const AT_ONCE = 8;
const REPORT = 'report.json';

/**
 * Brings all files of a run that has ended into its artifact folder. The report comes last, so that who waits for
 * it finds all. Files whose names have no place in the folder are left out, and that is said.
 * @returns undefined when the signal was aborted
 */
export async function fetchReport({
  control,
  run,
  folder,
  note,
  signal,
}: Fetching): Promise<Report | undefined> {
  const place = filePlacer(folder, signal);
  let report: string | undefined;
  for (let from: string | undefined; ; ) {
    const { files, next } = await control.report({ run, ...(from !== undefined && { from }) });
    await eachOf(files, signal, async ({ path, url }) => {
      if (path === REPORT) report = url;
      else if (!(await place(path, url)))
        note(`left out: ${JSON.stringify(path)} cannot be the name of a file in ${folder}`);
    });
    if (signal.aborted) return undefined;
    if (next === undefined) break;
    from = next;
  }
  if (report === undefined)
    throw new Fault({ code: 'no-report', message: `there is no report of run ${run}` });
  const file = join(folder, REPORT);
  await eachOf([report], signal, async (url) => {
    if (!(await place(REPORT, url))) throw refuse('artifact-folder', `${file} is in the way`, 'move it away');
  });
  return signal.aborted ? undefined : parseReport(await readFile(file, 'utf8'));
}

/**
 * Does something with each, some at once; after a failure, or when the signal is aborted, nothing new begins. What
 * fails once it is aborted fails because of that.
 */
async function eachOf<T>(
  values: readonly T[],
  signal: AbortSignal,
  act: (value: T) => Promise<void>,
): Promise<void> {
  const left = values.values();
  let failed = false;
  const worker = async () => {
    for (const value of left) {
      if (failed || signal.aborted) return;
      await act(value).catch((error: unknown) => {
        failed = true;
        if (!signal.aborted) throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
