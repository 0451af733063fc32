import type { AskedItem, Evidence, SeenCommit } from './evidence';

/** Helpers of the checks that look at commits. */

/** All that is in the history of some commits, and themselves. */
export function history({ commits }: Pick<Evidence, 'commits'>, from: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...commits(at).parents);
  }
  return seen;
}

/** What the branch of an item changes beyond the branches that it depends on. */
export function changesOf(
  evidence: Pick<Evidence, 'commits' | 'asked'>,
  name: string,
): Map<string, string | undefined> {
  const { commits, asked } = evidence;
  const headOf = (one: string) => asked.items.find((item) => item.name === one)!.head;
  const common = history(evidence, [asked.base, ...closureOf(asked.items, name).map(headOf)]);
  const changes = new Map<string, string | undefined>();
  // Oldest first, so that the last word stays.
  for (const id of linear(commits, headOf(name), common)) {
    const { parents, files } = commits(id);
    const before: ReadonlyMap<string, string> =
      parents[0] === undefined ? new Map() : commits(parents[0]).files;
    for (const path of new Set([...files.keys(), ...before.keys()]))
      if (files.get(path) !== before.get(path)) changes.set(path, files.get(path));
  }
  return changes;
}

/** All that an item depends on, in the order of the plan. */
export function closureOf(items: readonly AskedItem[], name: string): string[] {
  const found = new Set<string>();
  const open = [name];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const dep of items.find((item) => item.name === at)!.deps) {
      if (!found.has(dep)) open.push(dep);
      found.add(dep);
    }
  return items.map((item) => item.name).filter((one) => found.has(one));
}

/** First parents from `head` down to what is known, oldest first. */
function linear(commits: (id: string) => SeenCommit, head: string, known: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (let at: string | undefined = head; at !== undefined && !known.has(at); at = commits(at).parents[0])
    found.unshift(at);
  return found;
}

/** Files with the changes of some branches. */
export function withChanges(
  files: ReadonlyMap<string, string>,
  changes: readonly ReadonlyMap<string, string | undefined>[],
): Map<string, string> {
  const changed = new Map(files);
  for (const change of changes)
    for (const [path, content] of change) {
      if (content === undefined) changed.delete(path);
      else changed.set(path, content);
    }
  return changed;
}

export const sameFiles = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([path, content]) => b.get(path) === content);
