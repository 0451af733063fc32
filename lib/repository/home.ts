import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { refuse } from '../errors';
import { runGit } from './git';

/** The folder's name. */
export const HOME = '.lex-pr';

/**
 * The folder `.lex-pr` at the top of the work tree of `cwd`, or in `cwd` itself where there is none. Made on
 * demand, with a `.gitignore` of `*` so that git status never shows it.
 * @returns its absolute path
 * @throws InputError when it cannot be made, or is part of the repository: a branch could then bring along
 *   passes of gates that never ran
 */
export async function openHome(cwd: string): Promise<string> {
  const top = await topOfWorkTree(cwd);
  const home = join(top ?? resolve(cwd), HOME);
  if (top !== undefined && (await isTracked(top)))
    throw refuse(
      'home-tracked',
      `${home} is in the repository, but it is for what lex-pr keeps here`,
      `git rm -r --cached ${HOME}, commit that, and remove the folder`,
    );
  try {
    // Not `recursive`, with which Node never ends in a folder such as /proc.
    await mkdir(home).catch(unlessThere);
    await writeFile(join(home, '.gitignore'), '*\n', { flag: 'wx' }).catch(unlessThere);
  } catch (error) {
    throw refuse(
      'no-home',
      `cannot make ${home}: ${(error as Error).message}`,
      'run lex-pr in a folder that you may write to',
    );
  }
  return home;
}

async function topOfWorkTree(cwd: string): Promise<string | undefined> {
  // 128: no repository, or a bare one.
  const found = await runGit(['rev-parse', '--show-toplevel'], { cwd, allow: [0, 128] });
  return found.exitCode === 0 ? found.stdout.toString().replace(/\n$/, '') : undefined;
}

async function isTracked(top: string): Promise<boolean> {
  return (await runGit(['ls-files', '-z', '--', HOME], { cwd: top })).stdout.length > 0;
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
