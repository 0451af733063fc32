import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type DiscoverOptions, discover } from '../discover/discover';
import { planDocument } from '../discover/document';
import { repositoryField } from '../discover/place';
import { planYaml } from '../discover/yaml';
import { refuse } from '../errors';
import { loadPlan } from '../plan/load';
import { ExitCode, type Io } from './io';
import { makeFolder } from './make-folder';
import { writeNotes } from './notes';

export interface PlanOptions extends DiscoverOptions {
  readonly out?: string;
  readonly pin?: boolean;
  readonly json?: boolean;
}

/**
 * `lex-pr plan`: writes the plan for the branches of the current folder's repository to standard output or into
 * a folder, as JSON to both. The same repository gives the same bytes.
 * @returns the exit code
 * @throws InputError as `discover`, and when the folder cannot be written to
 */
export async function planCommand(options: PlanOptions, io: Io): Promise<number> {
  const { out, pin, json = false } = options;
  const discovery = await discover(io.cwd, options);
  const folder = out === undefined ? undefined : resolve(io.cwd, out);
  if (folder !== undefined) await writing(makeFolder(folder));
  const repository = folder === undefined ? undefined : await repositoryField(folder, io.cwd);
  const plan = planDocument(discovery, { repository, pin });
  const text = json ? `${JSON.stringify(plan, null, 2)}\n` : planYaml(plan);
  // What is written is a plan that `merge` takes.
  loadPlan(text, { file: 'the plan', cwd: io.cwd, defaultRepository: io.cwd });

  const notes = [...discovery.notes];
  if (folder !== undefined) {
    const path = join(folder, json ? 'plan.json' : 'plan.yaml');
    await writing(writeFile(path, text));
    notes.push({ event: 'written', message: `written to ${path}` });
  }
  if (json || folder === undefined) io.stdout.write(text);
  writeNotes(notes, json, io);
  return ExitCode.merged;
}

/** What the file system refuses is bad input. */
async function writing<T>(action: Promise<T>): Promise<T> {
  return action.catch((error: NodeJS.ErrnoException) => {
    throw refuse('cannot-write', error.message, 'name another folder with --out');
  });
}
