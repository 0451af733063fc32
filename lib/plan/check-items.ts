import { isBranchName } from './branch-name';
import { findCycles } from './cycles';
import type { Edges } from './edges';
import type { Finding } from './field-path';
import { type Nearest, suggest } from './nearest';
import type { OutlineItem } from './outline';
import type { ResolvedReferences } from './references';
import { NAME } from './schema';

/** What is wrong between items: names that are there twice, dependencies on nothing, on oneself, in a ring. */
export function* checkItems(
  items: readonly OutlineItem[],
  references: ResolvedReferences,
  nearest: Nearest,
): Generator<Finding> {
  yield* checkNames(items, references);
  yield* checkDependencies(references, nearest);
  yield* checkCycles(items, references.edges);
}

function* checkNames(
  items: readonly OutlineItem[],
  { names, itemOf }: ResolvedReferences,
): Generator<Finding> {
  for (let index = 0; index < items.length; index++) {
    const { name, branch, sha } = items[index]!;
    if (name === undefined) continue;
    const first = itemOf[names[index]!]!;
    if (first !== index) {
      const message = `the name ${JSON.stringify(name)} is that of items[${first}] already`;
      const path = ['items', index, 'name'];
      yield { code: 'duplicate-name', message, path, hint: 'give every item its own name' };
    }
    if (branch === undefined && sha === undefined && NAME.test(name) && !isBranchName(name)) {
      const message = `${JSON.stringify(name)} is not a branch name that git accepts`;
      const hint = 'the branch of an item is its name by default: add `branch`';
      yield { code: 'invalid-branch', message, path: ['items', index, 'name'], hint };
    }
  }
}

function* checkDependencies(references: ResolvedReferences, nearest: Nearest): Generator<Finding> {
  const { names, itemOf, texts } = references;
  const { start, to } = references.deps;
  for (let index = 0; index < names.length; index++) {
    for (let edge = start[index]!; edge < start[index + 1]!; edge++) {
      const dep = to[edge]!;
      if (dep < 0 || (dep !== names[index] && itemOf[dep]! >= 0)) continue;
      const path = ['items', index, 'deps', edge - start[index]!];
      if (dep === names[index])
        yield {
          code: 'self-dependency',
          message: 'an item cannot depend on itself',
          path,
          hint: 'remove it',
        };
      else {
        const name = texts[dep]!;
        const meant = nearest(name, itemNames(references));
        const hint = suggest(meant, 'add an item of that name, or remove this');
        yield { code: 'unknown-dependency', message: `no item is named ${JSON.stringify(name)}`, path, hint };
      }
    }
  }
}

/** Each once. */
function* itemNames({ names, itemOf, texts }: ResolvedReferences): Generator<string> {
  for (const [index, name] of names.entries()) if (name >= 0 && itemOf[name] === index) yield texts[name]!;
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
