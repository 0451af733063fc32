import { InputError, type Problem } from '../errors';
import { createNearest, suggest } from '../plan/nearest';
import { owners } from './ancestry';
import type { Words } from './branch-source';
import type { Branch, Branches } from './branches';
import type { Growth } from './growth';

/** `branch` says in a commit of its own that it depends on the branch `name`. */
export interface Mention {
  readonly branch: number;
  readonly commit: string;
  readonly name: string;
}

/**
 * What branches say in `Depends-on: <branch>` trailers of their own commits, not in those of the branches they
 * are built on. A trailer may name several branches, separated by commas and spaces.
 */
export function mentions({
  commits,
  containing,
  descending,
}: Pick<Growth, 'commits' | 'containing' | 'descending'>): Mention[] {
  return commits.flatMap(({ sha, dependsOn }) => {
    if (dependsOn.length === 0) return [];
    const names = new Set(
      dependsOn.flatMap((value) => value.split(/,?\s+|,$/)).filter((name) => name !== ''),
    );
    return owners(containing.get(sha) ?? 0n, descending).flatMap((branch) =>
      [...names].map((name) => ({ branch, commit: sha, name })),
    );
  });
}

/** What the names in trailers can mean. */
export interface Known {
  /** Of the repository. */
  readonly all: Branches;
  readonly planned: readonly Branch[];
  /** Names of other branches with the head of a planned one, and the name of that. */
  readonly standIn: ReadonlyMap<string, string>;
  /** Deleted branches that the target's history says were merged. */
  readonly landed: ReadonlySet<string>;
}

/** A dependency that a commit asks for. */
export interface TrailerDep extends Mention {
  readonly dep: number;
}

/** Names that stand for no branch there is: they may have been merged and deleted. */
export function strangers(found: readonly Mention[], { local, merged }: Branches): string[] {
  return [...new Set(found.map(({ name }) => name))].filter((name) => !local.has(name) && !merged.has(name));
}

/**
 * The dependencies between planned branches. What is merged already is no dependency any more.
 * @throws InputError for every name of nothing, of a branch that is not planned, or of the branch itself
 */
export function resolveMentions(found: readonly Mention[], known: Known, words: Words): TrailerDep[] {
  const { all, planned, standIn, landed } = known;
  const position = new Map(planned.map(({ name }, index) => [name, index]));
  const nearest = createNearest();
  const problems: Problem[] = [];
  const deps: TrailerDep[] = [];
  for (const mention of found) {
    const { name } = mention;
    const branch = planned[mention.branch]!.name;
    const refuse = (code: string, why: string, hint: string) =>
      problems.push({
        code,
        message: `${branch} depends on ${JSON.stringify(name)} (commit ${mention.commit.slice(0, 10)}), ${why}`,
        hint,
      });
    const dep = position.get(standIn.get(name) ?? name);
    if (name === branch) refuse('self-dependency', 'which is itself', 'remove the trailer');
    else if (dep === mention.branch) continue;
    else if (dep !== undefined) deps.push({ ...mention, dep });
    else if (all.merged.has(name) || landed.has(name)) continue;
    else if (all.local.has(name))
      refuse('dependency-left-out', 'which is not in the plan', words.planToo(name));
    else {
      const hint = suggest(nearest(name, all.local.keys()), words.makeBranch);
      refuse('unknown-dependency', 'which is no branch', hint);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return deps;
}
