import { isBranchName } from './branch-name';
import { findCycles } from './cycles';
import type { Edges } from './edges';
import type { Finding } from './field-path';
import { type Nearest, suggest } from './nearest';
import type { OutlineItem } from './outline';
import { NAME } from './schema';

/** What is wrong between items: names that are there twice, dependencies on nothing, on oneself, in a ring. */
export function* checkItems(items: readonly OutlineItem[], nearest: Nearest): Generator<Finding> {
  const byName = new Map<string, number>();
  for (const [index, { name, branchIsName }] of items.entries()) {
    if (name === undefined) continue;
    const path = ['items', index, 'name'];
    const first = byName.get(name);
    if (first === undefined) byName.set(name, index);
    else {
      const message = `the name ${JSON.stringify(name)} is that of items[${first}] already`;
      yield { code: 'duplicate-name', message, path, hint: 'give every item its own name' };
    }
    if (branchIsName && NAME.test(name) && !isBranchName(name)) {
      const message = `${JSON.stringify(name)} is not a branch name that git accepts`;
      const hint = 'the branch of an item is its name by default: add `branch`';
      yield { code: 'invalid-branch', message, path, hint };
    }
  }
  const { edges, unknown } = resolve(items, byName);
  yield* checkDependencies(items, byName, unknown, nearest);
  yield* checkCycles(items, edges);
}

/**
 * From each item to those it depends on, without itself.
 * @returns also which items depend on themselves or on what is not there
 */
function resolve(
  items: readonly OutlineItem[],
  byName: ReadonlyMap<string, number>,
): { readonly edges: Edges; readonly unknown: readonly number[] } {
  const start = new Int32Array(items.length + 1);
  const to = new Int32Array(items.reduce((sum, { deps }) => sum + deps.length, 0));
  const unknown: number[] = [];
  let edges = 0;
  items.forEach(({ deps, name }, index) => {
    let isKnown = true;
    for (const dep of deps) {
      if (dep === undefined) continue;
      const found = byName.get(dep);
      if (found === undefined || dep === name) isKnown = false;
      if (found !== undefined && found !== index) to[edges++] = found;
    }
    if (!isKnown) unknown.push(index);
    start[index + 1] = edges;
  });
  return { edges: { start, to: to.subarray(0, edges) }, unknown };
}

function* checkDependencies(
  items: readonly OutlineItem[],
  byName: ReadonlyMap<string, number>,
  unknown: readonly number[],
  nearest: Nearest,
): Generator<Finding> {
  for (const index of unknown) {
    const { name, deps } = items[index]!;
    for (const [k, dep] of deps.entries()) {
      if (dep === undefined) continue;
      const path = ['items', index, 'deps', k];
      if (dep === name)
        yield {
          code: 'self-dependency',
          message: 'an item cannot depend on itself',
          path,
          hint: 'remove it',
        };
      else if (!byName.has(dep)) {
        const hint = suggest(nearest(dep, byName.keys()), 'add an item of that name, or remove this');
        yield { code: 'unknown-dependency', message: `no item is named ${JSON.stringify(dep)}`, path, hint };
      }
    }
  }
}

function* checkCycles(items: readonly OutlineItem[], edges: Edges): Generator<Finding> {
  for (const cycle of findCycles(edges)) {
    const [first, second] = cycle as [number, number];
    const ring = [...cycle, first].map((index) => items[index]!.name).join(' → ');
    const path = ['items', first, 'deps', items[first]!.deps.indexOf(items[second]!.name)];
    const hint = 'each depends on the next: remove one of these dependencies';
    yield { code: 'cycle', message: `dependency cycle: ${ring}`, path, hint };
  }
}
