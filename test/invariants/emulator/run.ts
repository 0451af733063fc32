import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openGitWorkspace } from '../../../lib/engine/git-workspace';
import { InputError } from '../../../lib/errors';
import { createCandidates } from '../../../lib/merge/candidate';
import type { Report } from '../../../lib/report/report';
import { openSource } from '../../../lib/repository/source';
import { trailerValues } from '../../../lib/repository/trailers';
import { control, followUntil, reportOf, submit } from '../../aws/cloud';
import type { PlanDocument } from '../../support/cli';
import { serveRepository } from '../../support/git-http-server';
import type { Evidence } from '../evidence';
import { readCommits, readRefLogs } from '../real/evidence';
import { createRepository, type StoryRepository } from '../real/repository';
import { intrude } from '../real/run';
import { askedOf, documentOf, nameOf, type Story } from '../story';

/** Kills the function that runs this gate: the first process above it that is Node. */
const KILL_FUNCTION =
  'p=$PPID; until readlink /proc/$p/exe | grep -q node; do p=$(cut -d" " -f4 /proc/$p/stat); done; kill -9 $p; sleep 60';

/** Events of a run among which somebody does something. */
const EVENTS = 20;

/**
 * Runs a story on the stack: some of its gates kill their function once, or move the branch of their item; others move
 * the target and cancel the run while it goes on.
 */
export async function runStory(story: Story, choose: (n: number) => number): Promise<Evidence> {
  const world = createRepository(story);
  const server = await serveRepository(`${world.repo.path}/.git`);
  try {
    const plan = planOf(world, story, choose);
    const before = readRefLogs(world.repo, world.base).target.length;
    const run = await submit({ repo: world.repo, server }, plan);
    const intrusions = story.intruders.map((what) => ({ at: choose(EVENTS), what }));
    // One that has not begun has no report when it is cancelled.
    const cancelAt = story.isCancelled ? 1 + choose(EVENTS) : Number.POSITIVE_INFINITY;
    let cancelledAt: number | undefined;
    let isCancelled = false;
    let left = intrusions;
    let cancelling: Promise<void> | undefined;
    await followUntil(run, ({ ended }, events) => {
      for (const { what } of left.filter(({ at }) => at <= events.length)) intrude(world, what);
      left = left.filter(({ at }) => at > events.length);
      if (cancelAt <= events.length && !isCancelled && !ended) {
        isCancelled = true;
        cancelling = cancel(run).then((isAcknowledged) => {
          if (isAcknowledged) cancelledAt = readRefLogs(world.repo, world.base).target.length;
        });
      }
      return ended;
    });
    await cancelling;
    expect(before).toBe(1);
    return await evidenceOf(world, story, await reportOf(run, plan), cancelledAt);
  } finally {
    await server.close();
    world.repo.remove();
  }
}

/** @returns whether it was acknowledged */
async function cancel(run: string): Promise<boolean> {
  try {
    const { result } = await control<{ result: string }>({ action: 'cancel', run, why: 'enough' });
    return result === 'cancelled';
  } catch (error) {
    if (error instanceof InputError && error.message.includes('has ended')) return false;
    throw error;
  }
}

function planOf({ repo, heads }: StoryRepository, story: Story, choose: (n: number) => number): PlanDocument {
  const scratch = join(repo.root, 'scratch');
  mkdirSync(scratch);
  const plan = documentOf(story, scratch);
  const killed = choose(3) === 0 ? choose(story.items.length) : -1;
  return {
    ...plan,
    items: plan.items.map((item, at) => {
      const [check, ...others] = item.gates as { run: string }[];
      const move = story.moves.find((one) => one.item === at);
      const ref = `refs/heads/${nameOf(at)}`;
      const git = `git --git-dir='${repo.path}/.git' update-ref`;
      const moving =
        move?.to === 'nothing' ? `${git} -d ${ref}; ` : `${git} ${ref} ${heads[(at + 1) % heads.length]}; `;
      const dying = `mkdir '${scratch}/killed' 2>/dev/null && { ${KILL_FUNCTION}; }; `;
      const run = `${at === killed ? dying : ''}${move ? moving : ''}${check!.run}`;
      // Results are remembered by tree, for all repositories of a stack.
      return {
        ...item,
        gates: [{ ...check, run, cache: 'off' }, ...others.map((gate) => ({ ...gate, cache: 'off' }))],
      };
    }),
  };
}

async function evidenceOf(
  world: StoryRepository,
  story: Story,
  report: Report,
  cancelledAt: number | undefined,
): Promise<Evidence> {
  const { repo, base, heads } = world;
  const { target, fence } = readRefLogs(repo, base);
  const asked = askedOf(story, base, heads);
  const { close, ...workspace } = await openGitWorkspace(
    join(repo.root, 'check'),
    await openSource(repo.path),
  );
  try {
    const { repository: git, merge, commits } = workspace;
    const ordered = report.items.map(({ name }) => asked.items.findIndex((item) => item.name === name));
    const candidates = createCandidates({
      ...{ git, merge, commits, base: report.target.before },
      heads: ordered.map((item) => heads[item]!),
      deps: ordered.map((item) => story.items[item]!.deps.map((dep) => ordered.indexOf(dep))),
    });
    // The same inputs make the same commits here; what is not the same is not found below.
    for (let item = 0; item < ordered.length; item += 1) await candidates.of(item);
    const seen = await readCommits(git, report, [...target.map(({ commit }) => commit), ...heads]);
    // Only its own gate has moved the branch of an item.
    const movedHeads = story.moves
      .filter(
        ({ item }) =>
          repo.git('for-each-ref', '--format=%(objectname)', `refs/heads/${nameOf(item)}`) !== heads[item],
      )
      .map(({ item }) => nameOf(item));
    return {
      asked,
      commits: seen,
      target: target.map((move) => {
        const [run] = trailerValues(seen(move.commit).message, 'Lex-PR-Run');
        return run === undefined ? move : { ...move, run, movedHeads };
      }),
      fence,
      cancelledAt,
      report,
      interruptions: 1,
    };
  } finally {
    await close();
  }
}
