import type { GateResult } from '../run/messages';
import type { Workload } from '../run/workload';
import { silence } from './silent';

/** How a gate has ended badly, in words, with its log or that it has none; `result` undefined: it did not run. */
export function howItFailed(
  { tasks }: Workload,
  task: number,
  result: GateResult | undefined,
  where = '',
): string {
  const { gate } = tasks[task]!;
  const how =
    result?.outcome === 'timeout'
      ? `timed out after ${gate.timeoutSeconds} s`
      : result?.signal
        ? `was killed by ${result.signal}`
        : result?.exitCode == null
          ? (result?.note ?? 'did not run')
          : `exited with ${result.exitCode}`;
  const seen = result?.log === undefined ? silence(result ?? {}) : `, see ${result.log}`;
  return `${gate.name} ${how}${where}${seen}`;
}
