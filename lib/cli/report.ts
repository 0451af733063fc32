import { stateFile } from '../engine/workspace';
import { readKeptMarkdown, readKeptReport } from '../report/kept';
import { findHome } from '../repository/home';
import type { Io } from './io';
import { ofBegun } from './not-begun';

/** `lex-pr report`: prints the report of a run that has ended, as Markdown or JSON. @returns the exit code */
export async function reportCommand(
  id: string | undefined,
  { json }: { readonly json?: boolean },
  { stdout, cwd }: Io,
): Promise<number> {
  const home = await findHome(cwd);
  const state = stateFile(home);
  const text = await ofBegun(home, id, async () =>
    json
      ? `${JSON.stringify(await readKeptReport(home, state, id))}\n`
      : await readKeptMarkdown(home, state, id),
  );
  stdout.write(text);
  return 0;
}
