import { isAbsolute } from 'node:path';

/** What a gate sees of our own environment, besides `LC_*`. Everything else (tokens, agents, npm, git) stays. */
const INHERITED = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR']);

type Variables = Readonly<Record<string, string>>;

/** The whole environment of a gate, later entries win: what it inherits, the engine's `variables`, its own `env`. */
export const gateEnvironment = (
  inherited: Variables,
  variables: Variables,
  env: Variables,
): Record<string, string> => ({ ...inherited, ...variables, ...env });

/**
 * What gates inherit: some names of `ours`, `TERM=dumb` and `CI=true`. The PATH loses its empty and relative entries, which
 * would run programs out of the work tree, and what npm has put before it, which would run our dependencies.
 */
export function inheritedEnvironment(
  ours: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  // Names first: to read a value of the process's environment takes longer than to know that it is not wanted.
  const names = Object.keys(ours).filter((name) => INHERITED.has(name) || name.startsWith('LC_'));
  const inherited = names.flatMap((name): [string, string][] => {
    const value = name === 'PATH' ? gatePath(ours) : ours[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(inherited), TERM: 'dumb', CI: 'true' };
}

/** The search path of gates. npm ends what it puts before a script's with its `node-gyp-bin`. */
export function gatePath(ours: Readonly<Record<string, string | undefined>>): string {
  const entries = (ours.PATH ?? '').split(':');
  const underNpm = ours.npm_lifecycle_event !== undefined;
  const first = underNpm ? entries.findLastIndex((entry) => entry.endsWith('/node-gyp-bin')) + 1 : 0;
  return entries
    .slice(first)
    .filter((entry) => isAbsolute(entry))
    .join(':');
}
