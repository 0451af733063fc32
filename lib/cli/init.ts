import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DiscoverOptions, discover } from '../discover/discover';
import { planDocument } from '../discover/document';
import { commentedYaml } from '../discover/yaml';
import { refuse } from '../errors';
import { loadPlan } from '../plan/load';
import { ExitCode, type Io } from './io';
import { writeNotes } from './notes';

export interface InitOptions extends DiscoverOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

/**
 * `lex-pr init`: writes a first plan for the branches of the current folder's repository, with comments, to
 * `plan.yaml` in the current folder.
 * @returns the exit code
 * @throws InputError as `discover`, and when the file is there already or cannot be written
 */
export async function initCommand(options: InitOptions, io: Io): Promise<number> {
  const { force = false, json = false } = options;
  const path = join(io.cwd, 'plan.yaml');
  const { notes, ...discovery } = await discover(io.cwd, options);
  const text = commentedYaml(planDocument(discovery));
  loadPlan(text, { file: path, cwd: io.cwd, defaultRepository: io.cwd });
  await writeFile(path, text, { flag: force ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? refuse('plan-exists', `${path} is there already`, 'replace it with --force')
      : refuse('cannot-write', error.message, 'go to a folder that you may write to');
  });
  if (json) io.stdout.write(`${JSON.stringify({ path })}\n`);
  writeNotes(
    [
      ...notes,
      { event: 'written', message: `written to ${path}; read it, then try: lex-pr merge plan.yaml` },
    ],
    json,
    io,
  );
  return ExitCode.merged;
}
