import { type Source, sourceGit } from './source';
import { parseSettings, readUserConfig } from './user-config';

const KEYS = '^user\\.(name|email)$';

/**
 * The user's name and e-mail for woven commits: the local source's own configuration, then the user's, then
 * `lex-pr <lex-pr@localhost>`; each of the two on its own, as git does.
 */
export async function userIdentity(source: Source): Promise<{ name: string; email: string }> {
  // The last setting of a key wins, so the nearest goes last.
  const settings = new Map([...(await readUserConfig(KEYS)), ...(await sourceSettings(source))]);
  return {
    name: printable(settings.get('user.name')) || 'lex-pr',
    email: printable(settings.get('user.email')) || 'lex-pr@localhost',
  };
}

async function sourceSettings(source: Source): Promise<[string, string][]> {
  if (source.kind === 'remote') return [];
  const found = await sourceGit(source).run(['config', '-z', '--get-regexp', KEYS], { allow: [0, 1] });
  return parseSettings(found.stdout.toString());
}

/** Without the characters that would end a field of a commit's author line. */
function printable(text = ''): string {
  return text.replace(/[<>\n\r\0]/g, '').trim();
}
