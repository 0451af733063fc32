import type { Policy } from '../../plan/plan';

/**
 * As many lanes as an inline Map carries; a lane without work costs next to nothing. Also what `auto` means: there is no
 * machine that could be overloaded.
 */
export const DEFAULT_LANES = 40;

/**
 * @param asked in place of the plan's number; null: nothing
 * @param max of the stack
 */
export function lanesOnAws(asked: number | null, maxWorkers: Policy['maxWorkers'], max: number): number {
  return Math.min(asked ?? (maxWorkers === 'auto' ? DEFAULT_LANES : maxWorkers), max);
}
