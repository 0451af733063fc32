import type { ReportGate } from './report';

type Miss = NonNullable<ReportGate['cacheMiss']>[number];

/** Said of one gate, and of several: "ran because …". */
const BECAUSE: Readonly<Record<Miss, readonly [string, string]>> = {
  off: ['it is not cached', 'they are not cached'],
  'never-passed': ['no earlier pass of it is known', 'no earlier pass of them is known'],
  expired: [
    'its last pass is too old, or was dropped for newer ones',
    'their last passes are too old, or were dropped for newer ones',
  ],
  'artifacts-gone': ['the files that it had kept are gone', 'the files that they had kept are gone'],
  'earlier-weave': ['this run made the weave anew', 'this run made the weave anew'],
  'content-changed': [
    'what it tests has changed since it last passed',
    'what they test has changed since they last passed',
  ],
  'gate-changed': [
    'its definition has changed since it last passed',
    'their definitions have changed since they last passed',
  ],
  'machine-changed': [
    'the system, the inherited variables or git have changed since it last passed',
    'the system, the inherited variables or git have changed since they last passed',
  ],
};

/** Gates that ran with the same reasons, in words, those first of which there are most. */
export function missesOf(gates: readonly ReportGate[]) {
  const missed = gates.filter(({ cacheMiss }) => cacheMiss != null && cacheMiss.length > 0);
  const groups = Map.groupBy(missed, ({ cacheMiss }) => cacheMiss!.join());
  return [...groups.values()]
    .map((of) => {
      const because = of[0]!.cacheMiss!.map((miss) => BECAUSE[miss][of.length === 1 ? 0 : 1]).join(', and ');
      return { because, gates: of, isNews: of[0]!.cacheMiss!.some(isNews) };
    })
    .sort((a, b) => b.gates.length - a.gates.length);
}

/** A first run has nothing else, and a gate that is not cached was asked for so. */
const OF_A_FIRST_RUN: readonly Miss[] = ['off', 'never-passed', 'earlier-weave'];
const isNews = (miss: Miss) => !OF_A_FIRST_RUN.includes(miss);
