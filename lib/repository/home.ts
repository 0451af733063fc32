import { lstat, mkdir, mkdtemp, rmdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type InputError, refuse } from '../errors';
import { runGit } from './git';
import { howToWrite } from './how-to-write';
import { requireGit } from './require-git';
import { shellQuote } from './shell-quote';

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
  return makeHome(await findHome(cwd));
}

/** Makes a folder that was found, where it is not there yet. @returns it @throws InputError when it cannot be made */
export async function makeHome(home: string): Promise<string> {
  try {
    // Not `recursive`, with which Node never ends in a folder such as /proc.
    await mkdir(home).catch(unlessThere);
    await writeFile(join(home, '.gitignore'), '*\n', { flag: 'wx' }).catch(unlessThere);
  } catch (error) {
    throw await noHome(home, error as NodeJS.ErrnoException);
  }
  return home;
}

/** The same for who only looks: it need not be there. @throws InputError when it is part of the repository */
export async function findHome(cwd: string): Promise<string> {
  await requireGit();
  const top = await topOfWorkTree(cwd);
  const home = join(top ?? resolve(cwd), HOME);
  if (top !== undefined && (await isTracked(top)))
    throw refuse(
      'home-tracked',
      `${home} is in the repository, but it is for what lex-pr keeps here`,
      `git rm -r --cached ${HOME}, commit that, and remove the folder`,
    );
  return home;
}

/**
 * The same for who remembers things there that others need not have: made in a work tree, and used elsewhere where it is
 * there. A plan may be looked at in any folder, and leaves nothing there.
 * @throws InputError as `openHome`
 */
export async function openHomeIfOurs(cwd: string): Promise<string | undefined> {
  const home = await findHome(cwd);
  const isOurs =
    (await topOfWorkTree(cwd)) !== undefined || (await lstat(home).catch(() => undefined)) !== undefined;
  return isOurs ? makeHome(home) : undefined;
}

/** @throws InputError, with the command that mends it, when nothing can be put into an open home */
export async function tryHome(home: string): Promise<void> {
  try {
    await rmdir(await mkdtemp(join(home, 'try-')));
  } catch (error) {
    throw refuse('no-home', `cannot write to ${home}: ${(error as Error).message}`, howToWrite(home, error));
  }
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

async function noHome(home: string, error: NodeJS.ErrnoException): Promise<InputError> {
  const message = `cannot make ${home}: ${error.message}`;
  const there = await lstat(home).catch(() => undefined);
  if (there === undefined) return refuse('no-home', message, 'run lex-pr in a folder that you may write to');
  const leadsTo = await stat(home).catch(() => undefined);
  if (leadsTo?.isDirectory()) return refuse('no-home', message, howToWrite(home, error));
  const what = there.isSymbolicLink() ? 'a link that leads to no folder' : 'no folder';
  return refuse('no-home', `${home} is ${what}`, `mv ${shellQuote(home)} ${shellQuote(`${home}.old`)}`);
}
