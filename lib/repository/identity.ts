import { requireGit } from './require-git';
import { type Source, settingsOf, USER_KEYS } from './source';
import { readUserConfig, type Setting } from './user-config';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** What the user's own configuration says of who works here; asked for by itself, before there is a source. */
export async function userSettings(): Promise<Setting[]> {
  // One that does not answer is found out there.
  await requireGit();
  return readUserConfig(USER_KEYS);
}

/**
 * The user's name and e-mail for woven commits: the local source's own configuration, then the user's, then
 * `lex-pr <lex-pr@localhost>`; each of the two on its own, as git does.
 */
export async function userIdentity(source: Source, asked = userSettings()): Promise<Identity> {
  return identityOf(await asked, source.kind === 'local' ? source.user : []);
}

/** The same for who works in a repository, or in none. @param gitDir its common git directory */
export async function identityIn(gitDir: string | undefined): Promise<Identity> {
  const own = gitDir === undefined ? [] : settingsOf(gitDir, USER_KEYS);
  const [settings, nearer] = await Promise.all([userSettings(), own]);
  return identityOf(settings, nearer);
}

/** The last setting of a key wins, so the nearest goes last. */
function identityOf(...from: (readonly Setting[])[]): Identity {
  const settings = new Map(from.flat());
  return {
    name: printable(settings.get('user.name')) || 'lex-pr',
    email: printable(settings.get('user.email')) || 'lex-pr@localhost',
  };
}

/** Without the characters that would end a field of a commit's author line, or that no name has. */
function printable(text = ''): string {
  return [...text.replace(/[<>\p{Cc}\p{Cs}]/gu, '').trim()].slice(0, 255).join('');
}
