import { recordOutcome } from '../../lib/report/record-outcome';
import { createMetrics, metricsJson } from '../../lib/telemetry/lex-pr-metrics';
import { failed, item, report } from './sample';

const counted = (given: { dryRun?: boolean; gatesOnly?: boolean }) => {
  const metrics = createMetrics();
  recordOutcome(metrics, report([item('a'), failed('b', 'conflict: with a')], given));
  const { merge_success_total, merge_failure_total } = metricsJson(metrics);
  return [merge_success_total!.value, merge_failure_total!.value];
};

describe('the outcome of a run', () => {
  it('counts what merged, in a dry run nothing as merged, and nothing at all where only gates ran', () => {
    expect(counted({})).toEqual([1, 1]);
    expect(counted({ dryRun: true })).toEqual([0, 1]);
    expect(counted({ gatesOnly: true })).toEqual([0, 0]);
  });
});
