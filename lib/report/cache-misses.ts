import type { ReportGate } from './report';

type Miss = NonNullable<ReportGate['cacheMiss']>[number];

/** Said of one gate: "ran because …". */
const BECAUSE: Readonly<Record<Miss, string>> = {
  off: 'it is not cached',
  'never-passed': 'no earlier pass of it is known',
  expired: 'its last pass is too old, or was dropped for newer ones',
  'artifacts-gone': 'the files that it had kept are gone',
  'content-changed': 'what it tests has changed since it last passed',
  'gate-changed': 'its definition has changed since it last passed',
  'machine-changed': 'the system, the inherited variables or git have changed since it last passed',
};

/** Gates that ran with the same reasons, in words, those first of which there are most. */
export function missesOf(gates: readonly ReportGate[]) {
  const missed = gates.filter(({ cacheMiss }) => cacheMiss != null && cacheMiss.length > 0);
  const groups = Map.groupBy(missed, ({ cacheMiss }) =>
    cacheMiss!.map((miss) => BECAUSE[miss]).join(', and '),
  );
  return [...groups]
    .map(([because, of]) => ({ because, gates: of, isNews: of[0]!.cacheMiss!.some(isNews) }))
    .sort((a, b) => b.gates.length - a.gates.length);
}

/** A first run has nothing else, and a gate that is not cached was asked for so. */
const isNews = (miss: Miss) => miss !== 'off' && miss !== 'never-passed';
