import { InputError, type Problem } from '../errors';
import { createNearest, suggest } from '../plan/nearest';
import { owners } from './ancestry';
import type { Words } from './branch-source';
import type { Branch, Branches } from './branches';
import type { Growth } from './growth';
import { candidatesIn, namesIn } from './trailer-names';

/** `branch` says in a commit of its own that it depends on what a word names: one branch, or several. */
export interface Mention {
  readonly branch: number;
  readonly commit: string;
  readonly word: string;
}

/**
 * What branches say in `Depends-on: <branch>` trailers of their own commits, not in those of the branches they
 * are built on. A trailer may name several branches, separated by commas or spaces.
 */
export function mentions({
  commits,
  containing,
  descending,
}: Pick<Growth, 'commits' | 'containing' | 'descending'>): Mention[] {
  return commits.flatMap(({ sha, dependsOn }) => {
    if (dependsOn.length === 0) return [];
    const found = new Set(dependsOn.flatMap((value) => value.split(/\s+/)).filter((word) => word !== ''));
    return owners(containing.get(sha) ?? 0n, descending).flatMap((branch) =>
      [...found].map((word) => ({ branch, commit: sha, word })),
    );
  });
}

/** What the names in trailers can mean. */
export interface Known {
  /** Of the repository. */
  readonly all: Branches;
  readonly planned: readonly Branch[];
  /** Names of all branches with the head of a planned one, and the name of that. */
  readonly standIn: ReadonlyMap<string, string>;
  /** Deleted branches that the target's history says were merged. */
  readonly landed: ReadonlySet<string>;
}

/** A dependency that a commit asks for. */
export interface TrailerDep {
  readonly branch: number;
  readonly commit: string;
  readonly dep: number;
}

/** Names that stand for no branch there is: they may have been merged and deleted. */
export function strangers(found: readonly Mention[], { local, merged }: Branches): string[] {
  const isBranch = (name: string) => local.has(name) || merged.has(name);
  const names = found.flatMap(({ word }) => (isBranch(word) ? [] : candidatesIn(word)));
  return [...new Set(names)].filter((name) => !isBranch(name));
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
  const isKnown = (name: string) => all.local.has(name) || all.merged.has(name) || landed.has(name);
  const named = found.flatMap(({ word, ...by }) => namesIn(word, isKnown).map((name) => ({ ...by, name })));
  for (const { name, ...mention } of named) {
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
