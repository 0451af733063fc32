import { stateFile } from '../engine/workspace';
import { readKeptMarkdown, readKeptReport } from '../report/kept';
import { findHome } from '../repository/home';
import type { Io } from './io';
import { noteNewerRun } from './newer-run';
import { ofBegun } from './not-begun';

/** `lex-pr report`: prints the report of a run that has ended, as Markdown or JSON. @returns the exit code */
export async function reportCommand(
  id: string | undefined,
  { json }: { readonly json?: boolean },
  io: Io,
): Promise<number> {
  const home = await findHome(io.cwd);
  const state = stateFile(home);
  const text = await ofBegun(home, id, async () =>
    json
      ? `${JSON.stringify(await readKeptReport(home, state, id))}\n`
      : await readKeptMarkdown(home, state, id),
  );
  if (id === undefined) await noteNewerRun(home, 'report', json ?? false, io);
  io.stdout.write(text);
  return 0;
}
