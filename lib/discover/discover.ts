import { refuse } from '../errors';
import type { Git } from '../repository/git';
import { shellWord } from '../repository/shell-quote';
import { openSource, sourceGit } from '../repository/source';
import { ancestryDeps } from './ancestry';
import { type BranchSource, localBranches, type Words } from './branch-source';
import { type Branch, readBranches, selectBranches } from './branches';
import { stated } from './dependencies';
import { findGates, parseGates } from './gates';
import { growthOf } from './growth';
import { landedBranches } from './landed';
import type { Note } from './note';
import { inferOverlap } from './overlap';
import { linearOrder, reduceDeps, union } from './relation';
import { mentions, resolveMentions, strangers } from './trailers';

export interface DiscoverOptions {
  /** Patterns as for `git branch --list`; none: all local branches. */
  readonly branches?: readonly string[];
  readonly target?: string;
  /** `NAME=COMMAND`; none: the repository's own conventions. */
  readonly gate?: readonly string[];
  /** Whether branches that change a same file depend on one another. */
  readonly infer?: 'overlap';
  /** Whether a pattern that matches nothing is worth a note only. */
  readonly allowVain?: boolean;
}

export interface DiscoveredItem extends Branch {
  /** Names of items, ascending; none follows from others. */
  readonly deps: readonly string[];
}

/** What a repository says about a plan. */
export interface Discovery {
  readonly target: string;
  /** Each after its dependencies, and otherwise by name. */
  readonly items: readonly DiscoveredItem[];
  readonly gates: readonly { readonly name: string; readonly run: string }[];
  readonly notes: readonly Note[];
}

/**
 * Finds what there is to merge in a local repository, in which order, and how to check it. Reads heads and
 * commits only: neither a work tree nor an index matters, and nothing is changed.
 * @param folder inside the repository
 * @throws InputError when there is no repository, and for targets, patterns, gates and trailers that mean nothing
 */
export async function discover(folder: string, options: DiscoverOptions): Promise<Discovery> {
  const source = await openSource(folder);
  if (source.kind !== 'local')
    throw refuse('not-local', `${folder} is not a folder`, 'go to a clone of the repository');
  const git = sourceGit(source);
  const found = await discoverIn(localBranches(git, folder), options);
  if (found.items.length > 0) return found;
  return { ...found, notes: [...(await remoteNotes(git, found.target)), ...found.notes] };
}

/** A fresh clone has one local branch, and all that there is to merge on its remote. */
async function remoteNotes(git: Git, target: string): Promise<Note[]> {
  const format = ['--format=%(refname:lstrip=2)', 'refs/remotes/'];
  const listed = await git.lines(['for-each-ref', `--no-merged=refs/heads/${target}`, ...format]);
  const open = listed.filter((name) => !/^[^/]+\/HEAD$/.test(name));
  const [name] = open;
  if (name === undefined) return [];
  const many = open.length === 1 ? 'one branch of a remote is' : `${open.length} branches of remotes are`;
  const make = open.length === 1 ? `git branch ${localName(name)} ${name}` : makeAll(name, target);
  const message = `${many} not merged, and only local ones are planned. Make them: ${make} - or name them in a plan: \`name: ${name}\` for the one that was fetched, or \`repository: URL\` for those of the remote itself, to land there`;
  return [{ event: 'remote-branches', message, warn: true }];
}

const localName = (name: string) => name.slice(name.indexOf('/') + 1);

/** Makes local branches of all of a remote that are not merged, in a POSIX shell: names of refs hold no blanks and no patterns. */
function makeAll(name: string, target: string): string {
  const remote = name.slice(0, name.indexOf('/'));
  const list = `git for-each-ref --format='%(refname:lstrip=3)' --no-merged=${shellWord(target)} ${shellWord(`refs/remotes/${remote}`)}`;
  return `for b in $(${list}); do git branch "$b" ${shellWord(remote)}/"$b"; done`;
}

/**
 * The same among the branches of any source.
 * @throws InputError for targets, patterns, gates and trailers that mean nothing
 */
export async function discoverIn(source: BranchSource, options: DiscoverOptions): Promise<Discovery> {
  const { git, words } = source;
  const given = parseGates(options.gate ?? []);
  const all = await readBranches(source, options.target);
  const { target } = all;
  const selection = await selectBranches(source, all, options.branches ?? [], options.allowVain);
  const growth = await growthOf(git, target.sha, selection.branches);
  const planned = growth.branches;

  const found = mentions(growth);
  const landed = await landedBranches(git, target.sha, strangers(found, all));
  const trailers = resolveMentions(found, { all, planned, standIn: selection.standIn, landed }, words);
  const said = stated(planned, ancestryDeps(growth.descending), trailers);
  const inferred =
    options.infer === 'overlap'
      ? await source.withFiles(async (store, notes) => {
          const found = await inferOverlap(git, store, growth, said);
          return { ...found, notes: [...notes, ...found.notes] };
        })
      : undefined;
  const items = arrange(planned, inferred === undefined ? said : union(said, inferred.deps));

  const { gates, notes } = given.length > 0 ? { gates: given, notes: [] } : await findGates(git, target.sha);
  return {
    target: target.name,
    items,
    gates: gates.map(({ name, run }) => ({ name, run })),
    notes: [
      ...selection.notes,
      ...growth.notes,
      ...(inferred?.notes ?? []),
      ...notes,
      ...gateNotes(gates, words),
      summary(items, target.name),
    ],
  };
}

/** Branches are sorted by name, so that a position is a rank. */
function arrange(branches: readonly Branch[], deps: readonly (readonly number[])[]): DiscoveredItem[] {
  const order = linearOrder(deps, [...branches.keys()]);
  const reduced = reduceDeps(deps, order);
  return order.map((branch) => ({
    ...branches[branch]!,
    deps: reduced[branch]!.sort((a, b) => a - b).map((dep) => branches[dep]!.name),
  }));
}

function gateNotes(
  gates: readonly { readonly name: string; readonly run: string; readonly from?: string }[],
  { giveGates }: Words,
) {
  if (gates.length > 0)
    return gates
      .filter(({ from }) => from !== undefined)
      .map(({ name, run, from }): Note => ({ event: 'gate', message: `gate ${name}, from ${from}: ${run}` }));
  const message = `no gates: nothing is checked before it merges (policy.ungated: allow); ${giveGates}`;
  return [{ event: 'ungated', message, warn: true }];
}

function summary(items: readonly DiscoveredItem[], target: string): Note {
  if (items.length === 0) return { event: 'empty', message: `nothing to merge into ${target}` };
  const deps = items.reduce((sum, item) => sum + item.deps.length, 0);
  const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;
  const message = `${count(items.length, 'item', 'items')} into ${target}, ${count(deps, 'dependency', 'dependencies')}`;
  return { event: 'planned', message };
}
