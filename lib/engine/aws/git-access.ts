import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concealFromGit } from '../../repository/git';
import { shellQuote } from '../../repository/shell-quote';
import type { Login } from './credentials';

/** How git reaches one repository, until it is closed. */
export interface GitAccess {
  /** For network git, on top of the hardened environment; holds paths of files, no secret. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes the files. */
  close(): Promise<void>;
}

/** A transfer that is slower than a byte a second for so many seconds has ended. */
const STALLED = 120;

/**
 * Hands a login to git by its own credential store: a file that only this user can read, in a folder of its
 * own below `home`, which is emptied first. Git asks for it when the host wants one, and for that host only,
 * so that it follows no redirect elsewhere. It is in no environment, no command line, and in nothing that git
 * says.
 * @param url in its normal form
 */
export async function openGitAccess(home: string, url: string, login: Login | undefined): Promise<GitAccess> {
  const folder = join(home, 'access');
  const configuration = join(folder, 'gitconfig');
  const logins = join(folder, 'logins');
  const { protocol, host, origin } = new URL(url);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let settings = `[http]\n\tlowSpeedLimit = 1\n\tlowSpeedTime = ${STALLED}\n`;
  const concealed: (() => void)[] = [];
  if (login !== undefined) {
    const [name, password] = [login.username, login.password].map(encodeURIComponent);
    await writeFile(logins, `${protocol}//${name}:${password}@${host}\n`, { mode: 0o600 });
    // Git runs a helper by the shell.
    settings += `[credential ${quoted(origin)}]\n\thelper = ${quoted(`store --file=${shellQuote(logins)}`)}\n`;
    const basic = Buffer.from(`${login.username}:${login.password}`).toString('base64');
    for (const text of [login.password, `${password}`, basic]) concealed.push(concealFromGit(text));
  }
  await writeFile(configuration, settings, { mode: 0o600 });
  return {
    env: { GIT_CONFIG_GLOBAL: configuration, GIT_ALLOW_PROTOCOL: protocol.slice(0, -1) },
    async close() {
      await rm(folder, { recursive: true, force: true });
      for (const end of concealed) end();
    },
  };
}

/** A value or subsection of git's configuration (git-config(1), "Syntax"). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
