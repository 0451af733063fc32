import type { PredictedGate, Prediction, UnknownGate } from '../prediction/prediction';
import { formatDuration } from '../report/duration';
import { printable } from '../telemetry/printable';

/** A prediction for people, a line each; it comes after the order. */
export function predictionInWords(prediction: Prediction): string {
  const { maxWorkers, makespanSeconds, likelySeconds, boundSeconds, workSeconds, criticalPath } = prediction;
  const workers = maxWorkers === 1 ? '1 worker' : `${maxWorkers} workers`;
  if (makespanSeconds === null || likelySeconds === null || boundSeconds === null || workSeconds === null)
    return `\nPredicted: nothing yet: no gate of this plan is remembered to have passed here in the last 30 days.\n`;
  const [from, to] = likelySeconds;
  const likely = from === to ? '' : `, likely ${span(from)} to ${span(to)}`;
  const share = `work ${span(workSeconds)} ÷ ${workers} = ${span(workSeconds / maxWorkers)}`;
  return [
    '',
    `Predicted on ${workers}: ${span(makespanSeconds)}${likely}`,
    `Bound: ${span(boundSeconds)}: the longer of the critical path and ${share}`,
    `Longest path: ${span(criticalPath.seconds)}${give(criticalPath.spreadSeconds)}: ${criticalPath.gates.map(gate).join(' → ')}`,
    ...unknown(prediction.withoutHistory),
    '',
  ].join('\n');
}

const span = (seconds: number | null) => (seconds === null ? '?' : formatDuration(seconds * 1000));

const give = (seconds: number | null) => (seconds === null ? '' : ` ± ${span(seconds)}`);

const gate = ({ item, gate, seconds, spreadSeconds }: PredictedGate) =>
  `${of(item)} ${printable(gate)} ${span(seconds)}${give(spreadSeconds)}`;

const of = (item: string | null) => (item === null ? 'verification' : printable(item));

const FROM = { gate: 'from other items', all: 'from all other gates' } as const;

/** As many as fit into a line. */
const SHOWN = 8;

/** Gates that have not run before, a line a name. */
function unknown(gates: readonly UnknownGate[]): string[] {
  const groups = Map.groupBy(gates, (each) => JSON.stringify([each.gate, each.predictedFrom]));
  return [...groups.values()].map((group) => {
    const { gate, predictedFrom } = group[0]!;
    const items = group.slice(0, SHOWN).map(({ item }) => of(item));
    const more = group.length > SHOWN ? ` and ${group.length - SHOWN} more` : '';
    return `No history: ${printable(gate)} of ${items.join(', ')}${more}; predicted ${FROM[predictedFrom!]}`;
  });
}
