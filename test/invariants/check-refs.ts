import { trailerValues } from '../../lib/repository/trailers';
import { changesOf, history, sameFiles, withChanges } from './content';
import type { Evidence, TargetMove } from './evidence';

/** The promises that the refs show. Each returns what is wrong, in words. */

interface Landed extends TargetMove {
  /** What the target named before. */
  readonly before: string;
}

function landings({ target, report }: Evidence): Landed[] {
  return target.flatMap((move, at) =>
    move.run === report.runId ? [{ ...move, before: target[at - 1]!.commit }] : [],
  );
}

const merged = ({ report }: Evidence) =>
  report.items.filter(({ status, reason }) => status === 'merged' && reason === null);

/** Promise 1. */
export function landsWhatWasVerified(evidence: Evidence): string[] {
  const { report, asked, commits } = evidence;
  return landings(evidence).flatMap(({ commit }) => {
    const { integration } = report;
    if (integration?.commit !== commit)
      return [`${commit} has landed, the report says ${integration?.commit}`];
    const open = asked.integration.filter((name) => {
      const gate = integration.gates.find((one) => one.name === name);
      return gate?.status !== 'pass';
    });
    const { files } = commits(commit);
    const wrong = asked.integration.filter((name) =>
      ['fail', 'timeout'].includes(asked.truth(undefined, name, files)),
    );
    return [
      ...open.map((name) => `${commit} has landed though ${name} has not passed on it`),
      ...wrong.map((name) => `${commit} has landed though ${name} fails on it`),
    ];
  });
}

/** Promise 2. */
export function landsItemsOnly(evidence: Evidence): string[] {
  const { asked, commits, report } = evidence;
  const heads = new Map(asked.items.map(({ name, head }) => [name, head]));
  return landings(evidence).flatMap(({ commit, before }) => {
    const landed = merged(evidence).map(({ name }) => name);
    const there = history(evidence, [before]);
    const ofItems = history(
      evidence,
      landed.map((name) => heads.get(name)!),
    );
    const strange = [...history(evidence, [commit])].filter((id) => {
      if (there.has(id) || (asked.strategy === 'merge' && ofItems.has(id))) return false;
      const { message } = commits(id);
      const [item] = trailerValues(message, 'Lex-PR-Item');
      return !landed.includes(item ?? '') || trailerValues(message, 'Lex-PR-Run')[0] !== report.runId;
    });
    const changes = landed.map((name) => changesOf(evidence, name));
    const expected = withChanges(commits(before).files, changes);
    return [
      ...strange.map((id) => `${id} has landed and belongs to no merged item`),
      ...(sameFiles(commits(commit).files, expected)
        ? []
        : [`the files of ${commit} are not those of ${before} with the changes of ${landed.join(', ')}`]),
      ...landed.flatMap((name) =>
        report.items.find((item) => item.name === name)!.head === heads.get(name)
          ? []
          : [`${name} has landed at another head than its branch had`],
      ),
    ];
  });
}

/** Promise 4. */
export function targetIsNotOverwritten(evidence: Evidence): string[] {
  const { target, report, asked } = evidence;
  const lost = target.flatMap((move, at) =>
    at === 0 || history(evidence, [move.commit]).has(target[at - 1]!.commit)
      ? []
      : [`${move.commit} does not hold ${target[at - 1]!.commit}, which the target named before`],
  );
  const moves = target.filter(({ run }, at) => at > 0 && run !== report.runId).length;
  const tooSoon =
    asked.maxRetries !== undefined &&
    moves <= asked.maxRetries &&
    report.items.some(({ reason }) => reason?.startsWith('target-moved:'));
  return tooSoon ? [...lost, `gave up after ${moves} moves of the target`] : lost;
}

/** Promise 9. */
export function landsAllOrNothing(evidence: Evidence): string[] {
  const { fence, report, commits } = evidence;
  const moves = landings(evidence);
  const acts = fence.filter(({ run, act }) => run === report.runId && act === 'land').length;
  return [
    ...(acts === moves.length ? [] : [`the fence tells of ${acts} landings, the target of ${moves.length}`]),
    ...moves.flatMap(({ commit, before }) => {
      const own = [...history(evidence, [commit])].filter(
        (id) =>
          !history(evidence, [before]).has(id) &&
          trailerValues(commits(id).message, 'Lex-PR-Run')[0] === report.runId,
      );
      const there = new Set(own.flatMap((id) => trailerValues(commits(id).message, 'Lex-PR-Item')));
      return merged(evidence)
        .filter(({ name }) => !there.has(name))
        .map(({ name }) => `${name} is merged, and not part of what has landed`);
    }),
  ];
}

/** Promise 10. */
export function landsOnce(evidence: Evidence): string[] {
  const { commits, target, report, asked } = evidence;
  const moves = landings(evidence);
  const now = target.at(-1)!.commit;
  const twice = new Map<string, number>();
  for (let at: string | undefined = now; at !== undefined; at = commits(at).parents[0])
    // A branch of several commits is as many when it is rebased.
    for (const item of trailerValues(commits(at).message, 'Lex-PR-Item'))
      if (asked.strategy !== 'rebase') twice.set(item, (twice.get(item) ?? 0) + 1);
  const all = history(evidence, [now]);
  const lost = report.items.filter(
    ({ mergeCommit }) => !report.dryRun && mergeCommit !== null && !all.has(mergeCommit),
  );
  return [
    ...(moves.length > 1 ? [`the run has moved the target ${moves.length} times`] : []),
    ...[...twice].filter(([, count]) => count > 1).map(([item, count]) => `${item} is there ${count} times`),
    ...lost.map(({ name }) => `${name} is merged, and its commit is not in the target`),
    ...(moves.length === 0 && merged(evidence).length > 0 && !report.dryRun
      ? ['items are merged, and nothing has landed']
      : []),
    ...(moves.length > 0 && merged(evidence).length === 0
      ? ['the target has moved, and nothing is merged']
      : []),
  ];
}

/** Promise 11. */
export function staysCancelled(evidence: Evidence): string[] {
  const { cancelledAt, target, report } = evidence;
  if (cancelledAt === undefined) return [];
  const after = target.slice(cancelledAt).filter(({ run }) => run === report.runId);
  return [
    ...after.map(({ commit }) => `${commit} has landed after the cancel was acknowledged`),
    ...merged(evidence).map(({ name }) => `${name} is merged in a run that is cancelled`),
    ...(report.status === 'cancelled' ? [] : [`the report of a cancelled run says ${report.status}`]),
  ];
}
