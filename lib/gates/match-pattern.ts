import { parsePattern, type Segment } from './pattern';

/**
 * Whether a pattern finds a file: it, or a folder that it lies in. For files of which only the paths are known.
 * @param path relative
 */
export function matchesPattern(pattern: string, path: string): boolean {
  const segments = parsePattern(pattern);
  const names = path.split('/');
  if (segments === undefined || names.includes('.git')) return false;
  return match(segments, 0, names, 0);
}

function match(segments: readonly Segment[], at: number, names: readonly string[], depth: number): boolean {
  const segment = segments[at];
  // A folder that matches is kept whole.
  if (segment === undefined) return depth > 0;
  const name = names[depth];
  if (name === undefined) return false;
  switch (segment.kind) {
    case 'name':
      return segment.name === name && match(segments, at + 1, names, depth + 1);
    case 'wildcard':
      return segment.matches(name) && match(segments, at + 1, names, depth + 1);
    case 'folders':
      if (match(segments, at + 1, names, depth)) return true;
      return depth < names.length - 1 && !name.startsWith('.') && match(segments, at, names, depth + 1);
  }
}
