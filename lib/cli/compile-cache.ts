import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Builds of lex-pr whose compiled code is kept. */
const KEPT = 4;

/**
 * Lets Node.js keep the compiled program in the user's cache folder, for the next start. Compiled code is run as it is
 * found: where somebody else could have written it, or nothing can be written, all goes on without.
 * @param entry file of the program; another build has another one
 * @param env the cache folder is `$XDG_CACHE_HOME`, else `~/.cache`
 * @returns the folder; undefined where there is none
 */
export function keepCompiled(
  entry: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  // Whoever starts us has decided.
  if (env.NODE_COMPILE_CACHE !== undefined || env.NODE_DISABLE_COMPILE_CACHE !== undefined) return undefined;
  try {
    const folder = prepareFolder(entry, cacheFolder(env));
    if (folder !== undefined) enableCompileCache(folder);
    return folder;
  } catch {
    return undefined;
  }
}

const cacheFolder = ({ XDG_CACHE_HOME: named = '' }: Readonly<Record<string, string | undefined>>) =>
  isAbsolute(named) ? named : join(homedir(), '.cache');

function prepareFolder(entry: string, cache: string): string | undefined {
  const { dev, ino, mtimeMs } = statSync(entry);
  const all = join(cache, 'lex-pr', 'compiled');
  mkdirSync(all, { recursive: true, mode: 0o700 });
  // Before anything in there is touched: a link may lead to somebody's files.
  if (![cache, join(cache, 'lex-pr'), all].every(isOnlyOurs)) return undefined;
  const folder = join(all, [dev, ino, Math.round(mtimeMs)].map((part) => part.toString(36)).join('-'));
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) keepNewest(all);
  return isOnlyOurs(folder) ? folder : undefined;
}

/** Nobody else can put files there, root excepted. */
function isOnlyOurs(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
}

function keepNewest(all: string): void {
  const byAge = readdirSync(all)
    .map((name) => ({ path: join(all, name), at: lstatSync(join(all, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of byAge.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}
