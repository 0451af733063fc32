import * as z from 'zod';
import { refuse } from '../../errors';

/** What a git host asks for; a token is a password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A secret that opens repositories, read once and kept. */
export interface Credentials {
  /** Where the secret is, for whoever has to mend it: its ARN. */
  readonly name: string;
  /** Only repositories whose URL begins with this get it: `https://host/organisation/`. */
  readonly scope: string;
  /** @throws InputError when it is no login; what reading the secret throws */
  current(): Promise<Login>;
  /**
   * Reads the secret anew, after the host has refused what we had: it may have been rotated.
   * @returns whether it is another one now
   */
  refresh(): Promise<boolean>;
}

/** @param readSecret gives the secret string; see `parseSecret` */
export function createCredentials(
  name: string,
  scope: string,
  readSecret: () => Promise<string>,
): Credentials {
  let kept: Login | undefined;
  return {
    name,
    scope,
    async current() {
      kept ??= parseSecret(name, await readSecret());
      return kept;
    },
    async refresh() {
      const before = kept;
      kept = parseSecret(name, await readSecret());
      return before?.username !== kept.username || before.password !== kept.password;
    },
  };
}

/** With a token GitHub takes any name; hosts that do not are given one in the secret. */
const ANY_NAME = 'x-access-token';

const text = z.string().regex(/^[^\p{Cc}\p{Cs}]+$/u);
/** Basic authentication ends it with a colon (RFC 7617). */
const username = text.refine((name) => !name.includes(':')).default(ANY_NAME);
const secretSchema = z.union([z.object({ username, password: text }), z.object({ username, token: text })]);

/**
 * A secret string: the token itself, or JSON `{"username", "password"}` or `{"username", "token"}`.
 * @throws InputError, which repeats nothing of it
 */
export function parseSecret(name: string, secret: string): Login {
  const trimmed = secret.trim();
  const found = trimmed.startsWith('{') ? secretSchema.safeParse(parseJson(trimmed)).data : undefined;
  if (found !== undefined)
    return { username: found.username, password: 'token' in found ? found.token : found.password };
  if (trimmed.startsWith('{') || !text.safeParse(trimmed).success)
    throw refuse(
      'bad-secret',
      `the secret ${name} is neither a token nor JSON with \`username\` and \`token\``,
      'store the token alone, or {"username": "…", "token": "…"}',
    );
  return { username: ANY_NAME, password: trimmed };
}

/** The parser's own error would quote the secret. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
