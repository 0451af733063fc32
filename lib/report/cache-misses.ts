import type { ReportGate } from './report';

type Miss = NonNullable<ReportGate['cacheMiss']>[number];
type Change = Extract<Miss, `${string}-changed`>;

/** Said of one gate, and of several: "ran because …". */
const BECAUSE: Readonly<Record<Exclude<Miss, Change>, readonly [string, string]>> = {
  off: ['it is not cached', 'they are not cached'],
  'never-passed': ['no earlier pass of it is known', 'no earlier pass of them is known'],
  expired: [
    'its last pass is too old, or was dropped for newer ones',
    'their last passes are too old, or were dropped for newer ones',
  ],
  'artifacts-gone': ['the files that it had kept are gone', 'the files that they had kept are gone'],
  'earlier-weave': ['this run made the weave anew', 'this run made the weave anew'],
};

/** The same: "… since it last passed". */
const CHANGED: Readonly<Record<Change, readonly [string, string]>> = {
  'content-changed': ['what it tests has', 'what they test has'],
  'gate-changed': ['its definition has', 'their definitions have'],
  'machine-changed': [
    'the system, the inherited variables or git have',
    'the system, the inherited variables or git have',
  ],
  'system-changed': ['the system has', 'the system has'],
  'variables-changed': ['the inherited variables have', 'the inherited variables have'],
  'git-changed': ['git has', 'git has'],
};

const isChange = (miss: Miss): miss is Change => miss in CHANGED;
const OF_MACHINE: readonly Miss[] = ['system-changed', 'variables-changed', 'git-changed'];

/** Reasons of one gate, or (form 1) of several, in words. */
function because(misses: readonly Miss[], form: 0 | 1): string {
  const isKnown = misses.some((miss) => OF_MACHINE.includes(miss));
  const changes = misses.filter(isChange).filter((miss) => miss !== 'machine-changed' || !isKnown);
  const subjects = changes.map((miss) => CHANGED[miss][form]);
  const without = subjects.map((subject) => subject.replace(/ (?:has|have)$/, ''));
  const changed =
    subjects.length > 1 ? `${without.slice(0, -1).join(', ')} and ${without.at(-1)} have` : subjects[0];
  const since = form === 0 ? 'it last passed' : 'they last passed';
  return [
    ...misses.flatMap((miss) => (isChange(miss) ? [] : [BECAUSE[miss][form]])),
    ...(changed === undefined ? [] : [`${changed} changed since ${since}`]),
  ].join(', and ');
}

/** Gates that ran with the same reasons, in words, those first of which there are most. */
export function missesOf(gates: readonly ReportGate[]) {
  const missed = gates.filter(({ cacheMiss }) => cacheMiss != null && cacheMiss.length > 0);
  const groups = Map.groupBy(missed, ({ cacheMiss }) => cacheMiss!.join());
  return [...groups.values()]
    .map((of) => {
      const misses = of[0]!.cacheMiss!;
      return { because: because(misses, of.length === 1 ? 0 : 1), gates: of, isNews: misses.some(isNews) };
    })
    .sort((a, b) => b.gates.length - a.gates.length);
}

/** A first run has nothing else, and a gate that is not cached was asked for so. */
const OF_A_FIRST_RUN: readonly Miss[] = ['off', 'never-passed', 'earlier-weave'];
const isNews = (miss: Miss) => !OF_A_FIRST_RUN.includes(miss);
