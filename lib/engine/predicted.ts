import type { OrderedPlan } from '../plan/order';
import type { Forecasts } from '../prediction/forecast';
import { forecastTasks, predictMakespan } from '../prediction/predict';
import type { RunRecord } from '../run/record';
import type { Workload } from '../run/workload';
import { predictedLanes } from './lanes';
import { lanesOf } from './take-over';

/** The record of a run that is about to begin, with how long it should take where past runs say it. */
export function withPrediction(
  record: RunRecord,
  load: Workload,
  ordered: OrderedPlan,
  forecasts: Forecasts,
): RunRecord {
  const tasks = forecastTasks(load, ordered, record.plan.policy.performance, forecasts);
  const lanes = lanesOf({ lanes: predictedLanes(record) }, load);
  const makespan = predictMakespan(load, lanes, tasks);
  return makespan === undefined ? record : { ...record, predictedMs: Math.round(makespan.ms) };
}
