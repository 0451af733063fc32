import { isBranchName } from './branch-name';
import { findCycles } from './cycles';
import type { Finding } from './field-path';
import { type Nearest, suggest } from './nearest';
import type { OutlineItem } from './outline';
import { NAME } from './schema';

/** What is wrong between items: names that are there twice, dependencies on nothing, on oneself, in a ring. */
export function* checkItems(items: readonly OutlineItem[], nearest: Nearest): Generator<Finding> {
  const byName = new Map<string, number>();
  for (const [index, { name, path, branchIsName }] of items.entries()) {
    if (name === undefined) continue;
    const first = byName.get(name);
    if (first === undefined) byName.set(name, index);
    else {
      const message = `the name ${JSON.stringify(name)} is that of items[${first}] already`;
      yield {
        code: 'duplicate-name',
        message,
        path: [...path, 'name'],
        hint: 'give every item its own name',
      };
    }
    if (branchIsName && NAME.test(name) && !isBranchName(name)) {
      const message = `${JSON.stringify(name)} is not a branch name that git accepts`;
      const hint = 'the branch of an item is its name by default: add `branch`';
      yield { code: 'invalid-branch', message, path: [...path, 'name'], hint };
    }
  }
  yield* checkDependencies(items, byName, nearest);
  yield* checkCycles(items, byName);
}

function* checkDependencies(
  items: readonly OutlineItem[],
  byName: ReadonlyMap<string, number>,
  nearest: Nearest,
): Generator<Finding> {
  for (const item of items) {
    for (const { name, path } of item.deps) {
      if (name === item.name)
        yield {
          code: 'self-dependency',
          message: 'an item cannot depend on itself',
          path,
          hint: 'remove it',
        };
      else if (!byName.has(name)) {
        const hint = suggest(nearest(name, byName.keys()), 'add an item of that name, or remove this');
        yield { code: 'unknown-dependency', message: `no item is named ${JSON.stringify(name)}`, path, hint };
      }
    }
  }
}

function* checkCycles(
  items: readonly OutlineItem[],
  byName: ReadonlyMap<string, number>,
): Generator<Finding> {
  const edges = items.map(({ deps }, index) =>
    deps.flatMap(({ name }) => byName.get(name) ?? []).filter((dependency) => dependency !== index),
  );
  for (const cycle of findCycles(edges)) {
    const [first, second] = cycle.map((index) => items[index]!);
    const ring = [...cycle, cycle[0]!].map((index) => items[index]!.name).join(' → ');
    const { path } = first!.deps.find(({ name }) => name === second!.name)!;
    const hint = 'each depends on the next: remove one of these dependencies';
    yield { code: 'cycle', message: `dependency cycle: ${ring}`, path, hint };
  }
}
