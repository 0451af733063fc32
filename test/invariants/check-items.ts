import type { Report, ReportItem } from '../../lib/report/report';
import { trailerValues } from '../../lib/repository/trailers';
import { changesOf, closureOf, history, withChanges } from './content';
import type { AskedItem, Evidence } from './evidence';

/** The promises about what becomes of the items. Each returns what is wrong, in words. */

const codeOf = ({ reason }: ReportItem) => reason?.split(':', 1)[0];
const find = ({ items }: Report, name: string) => items.find((item) => item.name === name);
const isMerged = (item: ReportItem | undefined) => item?.status === 'merged';
const nothingToDo = (item: ReportItem | undefined) => isMerged(item) && item!.reason !== null;

function eachItem(
  evidence: Evidence,
  check: (item: ReportItem, asked: AskedItem) => (string | false)[],
): string[] {
  return evidence.asked.items.flatMap((asked) => {
    const item = find(evidence.report, asked.name);
    return item === undefined ? [] : check(item, asked).filter((words) => words !== false);
  });
}

/** Promise 3. */
export function movedHeadsStay({ target, report }: Evidence): string[] {
  return target
    .filter(({ run }) => run === report.runId)
    .flatMap(({ movedHeads = [] }) => movedHeads)
    .filter((name) => isMerged(find(report, name)) && !nothingToDo(find(report, name)))
    .map((name) => `${name} has landed though its branch had moved`);
}

/** Promise 5. */
export function gatesHavePassed(evidence: Evidence): string[] {
  const { asked, commits } = evidence;
  return eachItem(evidence, (item, { name, gates }) => {
    if (!isMerged(item) || nothingToDo(item)) return [];
    const blocking = gates.filter((gate) => gate.blocking);
    return [
      blocking.length === 0 && `${name} is merged without any gate`,
      ...blocking.flatMap((gate) => {
        const said = item.gates.find((one) => one.name === gate.name);
        if (said?.override) return [];
        const files = item.candidate === null ? undefined : commits(item.candidate).files;
        const truth = files && asked.truth(name, gate.name, files);
        return [
          said?.status !== 'pass' && `${name} is merged though ${gate.name} is ${said?.status ?? 'missing'}`,
          files === undefined && `${name} is merged without a candidate`,
          (truth === 'fail' || truth === 'timeout') && `${name} is merged though ${gate.name} says ${truth}`,
        ];
      }),
      ...candidateIsTrue(evidence, item),
    ];
  });
}

/** The gates have run on the item with its dependencies, on something that the target named. */
function candidateIsTrue(evidence: Evidence, { name, candidate }: ReportItem): string[] {
  if (candidate === null) return [];
  const { asked, commits, target } = evidence;
  const lead = closureOf(asked.items, name);
  const changes = [...lead, name].map((one) => changesOf(evidence, one));
  const { files } = commits(candidate);
  const isOn = target.some(({ commit }) => {
    if (!history(evidence, [candidate]).has(commit)) return false;
    const expected = withChanges(commits(commit).files, changes);
    return expected.size === files.size && [...expected].every(([path, text]) => files.get(path) === text);
  });
  return isOn ? [] : [`${name} was tested as something else than itself on its dependencies`];
}

/** Promise 6. */
export function depsComeFirst(evidence: Evidence): string[] {
  const { report } = evidence;
  return eachItem(evidence, (item, { name, deps }) => {
    const open = deps.filter((dep) => !isMerged(find(report, dep)));
    const path = item.path.map((one) => find(report, one));
    const steps = item.path.map((one) => evidence.asked.items.find((asked) => asked.name === one));
    const isPath = steps.slice(1).every((step, at) => steps[at]!.deps.includes(step?.name ?? ''));
    const root = path.at(-1);
    return [
      isMerged(item) &&
        !nothingToDo(item) &&
        open.length > 0 &&
        `${name} is merged without ${open.join(', ')}`,
      item.status === 'blocked' &&
        open.length === 0 &&
        `${name} is blocked, and all its dependencies are merged`,
      item.status === 'blocked' &&
        (item.path[0] !== name || root?.status !== 'failed' || root.name !== item.blockedBy || !isPath) &&
        `${name} is blocked without a path to what failed: ${item.path.join(', ')}`,
      // What ends all of a run ends each item for itself.
      item.status === 'failed' &&
        ITS_OWN.includes(codeOf(item)!) &&
        !hasOwnReason(evidence, item) &&
        `${name} has failed without a reason of its own: ${item.reason}`,
    ];
  });
}

const ITS_OWN = ['gate-failed', 'head-moved', 'conflict'];

function hasOwnReason({ target, asked, commits }: Evidence, item: ReportItem): boolean {
  switch (codeOf(item)) {
    case 'gate-failed': {
      if (item.candidate === null) return false;
      const { files } = commits(item.candidate);
      const { gates } = asked.items.find(({ name }) => name === item.name)!;
      return gates.some(({ name, blocking }) => blocking && asked.truth(item.name, name, files) !== 'pass');
    }
    case 'head-moved':
      return (
        target.some(({ movedHeads }) => movedHeads?.includes(item.name)) || asked.moved.includes(item.name)
      );
    default:
      return [item.name, ...closureOf(asked.items, item.name)].some((name) =>
        asked.conflicting.includes(name),
      );
  }
}

/** Promise 7. */
export function optionalGatesDoNotBlock(evidence: Evidence): string[] {
  const { asked } = evidence;
  return eachItem(evidence, (item, { name, gates }) => {
    const files = item.candidate === null ? undefined : evidence.commits(item.candidate).files;
    const said =
      codeOf(item) === 'gate-failed'
        ? item.gates.filter(({ status }) => status === 'fail' || status === 'timeout')
        : undefined;
    // Of the others gates may have been left where they were.
    const counts = isMerged(item);
    const optional = gates.filter(({ blocking }) => !blocking).map((gate) => gate.name);
    return [
      (said?.every((gate) => optional.includes(gate.name)) ?? false) &&
        `${name} has failed with optional gates only`,
      ...item.gates.flatMap((gate) => {
        const truth = files && asked.truth(name, gate.name, files);
        return [
          gate.attempts > asked.maxAttempts + evidence.interruptions &&
            `${gate.name} of ${name} ran ${gate.attempts} times`,
          counts &&
            !gate.override &&
            truth === 'flaky' &&
            asked.maxAttempts > 1 &&
            gate.status === 'fail' &&
            `${gate.name} of ${name} was not tried again`,
          gate.status === 'pass' &&
            truth === 'flaky' &&
            gate.attempts > 1 &&
            evidence.interruptions === 0 &&
            !gate.flaky &&
            `${gate.name} of ${name} passed at its second try, and is not called flaky`,
        ];
      }),
    ];
  });
}

/** Promise 8. */
export function evictsWhatBreaks(evidence: Evidence): string[] {
  const { report, asked, commits, target } = evidence;
  // Whose branch moved was in the weave for a while.
  const isSteady = !report.items.some((item) => codeOf(item) === 'head-moved');
  const evicted = report.items.filter((item) => item.eviction && isSteady);
  const files = (names: readonly string[], base: string) =>
    withChanges(
      commits(base).files,
      names.map((name) => changesOf(evidence, name)),
    );
  const truths = (names: readonly string[], base: string) =>
    asked.integration.map((gate) => asked.truth(undefined, gate, files(names, base)));
  const mayFail = (names: readonly string[], base: string) =>
    truths(names, base).some((truth) => truth === 'fail' || (truth === 'flaky' && asked.maxAttempts === 1));
  const mayPass = (names: readonly string[], base: string) => !truths(names, base).includes('fail');
  const wrong = evicted.filter(({ name }) => {
    const names = report.items.map((item) => item.name);
    const earlier = names.slice(0, names.indexOf(name));
    const before = earlier.filter((one) => !isLeftOut(find(report, one)!));
    // Who conflicts with what the target has become was in the weave on what it was.
    const atFirst = earlier.filter((one) => {
      const item = find(report, one)!;
      return !isLeftOut(item) || (target.length > 1 && codeOf(item) === 'conflict');
    });
    // Neither which of two was evicted first is told, nor which value of the target that was on, nor who had something
    // to do then.
    const kept = before.filter((one) => !find(report, one)!.eviction);
    const prefixes = [before, kept, atFirst].flatMap((all) => [
      all,
      all.filter((one) => !nothingToDo(find(report, one))),
    ]);
    return !prefixes.some((prefix) =>
      target.some(({ commit }) => mayPass(prefix, commit) && mayFail([...prefix, name], commit)),
    );
  });
  const failed = report.items.filter((item) => codeOf(item) === 'integration-failed' && !item.eviction);
  const all = report.items.filter((item) => isMerged(item) && !nothingToDo(item)).map(({ name }) => name);
  return [
    ...wrong.map(({ name }) => `${name} was evicted, and what is before it does not break with it`),
    ...(failed.length > 0 && all.length > 0
      ? [`verification failed for ${failed.map(({ name }) => name).join(', ')}, and others landed`]
      : []),
    ...(failed.length > 0 && asked.canSearch && !target.some(({ commit }) => mayFail([], commit))
      ? [`nobody was evicted for what ${failed.map(({ name }) => name).join(', ')} break`]
      : []),
  ];
}

/** It was never part of the weave. */
const isLeftOut = (item: ReportItem) => item.status === 'blocked' || LEFT_OUT.includes(codeOf(item)!);

const LEFT_OUT = ['gate-failed', 'conflict', 'unrelated-history', 'not-linearizable'];

/** Promise 12. */
export function overridesAreAnsweredFor(evidence: Evidence): string[] {
  const { report, asked, commits } = evidence;
  return report.items.flatMap((item) => {
    const overridden = item.gates.filter((gate) => gate.override);
    const trailers =
      item.mergeCommit === null ? [] : trailerValues(commits(item.mergeCommit).message, 'Lex-PR-Override');
    return [
      ...overridden.flatMap(({ name, override }) => [
        ...(asked.allowed.includes(override!.user) && override!.reason.trim() !== ''
          ? []
          : [`${name} of ${item.name} was overridden by ${override!.user}: ${override!.reason}`]),
        ...(item.mergeCommit === null ||
        trailers.includes(`${name} by ${override!.user}: ${override!.reason}`)
          ? []
          : [`the commit of ${item.name} does not say that ${name} was overridden`]),
      ]),
      ...(trailers.length > overridden.length
        ? [`the commit of ${item.name} tells of overrides that the report does not`]
        : []),
    ];
  });
}

/** Promise 13. */
export function everyItemEnds({ report, asked }: Evidence): string[] {
  const names = report.items.map(({ name }) => name);
  const wanted = asked.items.map(({ name }) => name);
  return [
    ...(names.toSorted().join() === wanted.toSorted().join()
      ? []
      : [`the report has the items ${names.join(', ')}`]),
    ...report.items.flatMap((item) => {
      const isEnd = ['merged', 'failed', 'blocked', 'skipped', 'cancelled'].includes(item.status);
      const words = /^[a-z-]+( to do)?: \S/.test(item.reason ?? '');
      const isCode =
        codeOf(item) === item.status ||
        item.status === 'failed' ||
        item.status === 'skipped' ||
        item.status === 'merged';
      if (!isEnd || codeOf(item) === 'unfinished')
        return [`${item.name} has no end: ${item.status}, ${item.reason}`];
      if (item.status !== 'merged' && !(words && isCode))
        return [`${item.name} is ${item.status} without a reason: ${item.reason}`];
      return [];
    }),
  ];
}

/** Promise 14. */
export function nothingToDoIsMerged(evidence: Evidence): string[] {
  const { commits, target } = evidence;
  return eachItem(evidence, (item, { name, head }) => {
    const isThere = history(evidence, [target[0]!.commit]).has(head);
    const isNothing = item.reason?.startsWith('nothing to do:') ?? false;
    return [
      isThere &&
        item.status === 'failed' &&
        ['gate-failed', 'conflict', 'unrelated-history', 'not-linearizable'].includes(codeOf(item)!) &&
        `${name} was there before, and is failed: ${item.reason}`,
      isNothing && item.mergeCommit !== null && `${name} had nothing to do, and has a commit`,
      isMerged(item) &&
        !isNothing &&
        item.mergeCommit !== null &&
        commits(item.mergeCommit).files === commits(commits(item.mergeCommit).parents[0]!).files &&
        `${name} was merged with a commit that changes nothing`,
    ];
  });
}
