import { Git } from './git';
import type { Source } from './source';
import { parseSettings, readUserConfig } from './user-config';

const KEYS = '^user\\.(name|email)$';

/**
 * The user's name and e-mail for woven commits: the local source's own configuration, then the user's, then
 * `lex-pr <lex-pr@localhost>`; each of the two on its own, as git does.
 */
export const userIdentity = (source: Source): Promise<Identity> =>
  identityIn(source.kind === 'local' ? source.gitDir : undefined);

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** The same for who works in a repository, or in none. @param gitDir its common git directory */
export async function identityIn(gitDir: string | undefined): Promise<Identity> {
  // The last setting of a key wins, so the nearest goes last.
  const found = await Promise.all([readUserConfig(KEYS), settingsOf(gitDir)]);
  const settings = new Map(found.flat());
  return {
    name: printable(settings.get('user.name')) || 'lex-pr',
    email: printable(settings.get('user.email')) || 'lex-pr@localhost',
  };
}

async function settingsOf(gitDir: string | undefined): Promise<[string, string][]> {
  if (gitDir === undefined) return [];
  const found = await new Git(gitDir).run(['config', '-z', '--get-regexp', KEYS], { allow: [0, 1] });
  return parseSettings(found.stdout.toString());
}

/** Without the characters that would end a field of a commit's author line, or that no name has. */
function printable(text = ''): string {
  return [...text.replace(/[<>\p{Cc}\p{Cs}]/gu, '').trim()].slice(0, 255).join('');
}
