import { isAbsolute } from 'node:path';

/** What a gate sees of our own environment, besides `LC_*`. Everything else (tokens, agents, npm, git) stays. */
const INHERITED = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR']);

type Variables = Readonly<Record<string, string>>;

/**
 * The whole environment of a gate, later entries win: the inherited names of `ours`, `TERM=dumb` and
 * `CI=true`, the engine's `variables`, the gate's own `env`. The inherited PATH loses its empty and relative
 * entries: they would run programs out of the work tree.
 */
export function gateEnvironment(
  ours: Readonly<Record<string, string | undefined>>,
  variables: Variables,
  env: Variables,
): Record<string, string> {
  const inherited = Object.entries(ours).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || !(INHERITED.has(name) || name.startsWith('LC_'))) return [];
    return [[name, name === 'PATH' ? absoluteEntries(value) : value]];
  });
  return { ...Object.fromEntries(inherited), TERM: 'dumb', CI: 'true', ...variables, ...env };
}

function absoluteEntries(path: string): string {
  return path
    .split(':')
    .filter((entry) => isAbsolute(entry))
    .join(':');
}
