import { realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { refuse } from '../errors';
import { runGit } from '../repository/git';

/**
 * What a plan file in `folder` says for `repository`, so that it means the repository of `cwd` wherever `merge`
 * is called: its path, or nothing inside its work tree, where it is the default.
 * @param folder absolute, and there
 * @throws InputError when the path is none that a plan can hold
 */
export async function repositoryField(folder: string, cwd: string): Promise<string | undefined> {
  // 128: a bare repository has no work tree.
  const { stdout, exitCode } = await runGit(['rev-parse', '--show-toplevel'], { cwd, allow: [0, 128] });
  if (exitCode !== 0)
    return nameable(withoutNewline((await runGit(['rev-parse', '--absolute-git-dir'], { cwd })).stdout));
  const top = withoutNewline(stdout);
  const below = relative(await realpath(top), await realpath(folder));
  return below === '..' || below.startsWith('../') || isAbsolute(below) ? nameable(top) : undefined;
}

/** A plan is text, and its strings are on one line. */
function nameable(path: string): string {
  if (!/[\p{Cc}\p{Cs}\ufffd]/u.test(path)) return path;
  throw refuse(
    'path-not-nameable',
    `a plan elsewhere would have to name the repository, and no plan can name ${JSON.stringify(path)}`,
    'put the plan into the repository, or call its folder otherwise',
  );
}

const withoutNewline = (output: Buffer) => output.toString().replace(/\n$/, '');
