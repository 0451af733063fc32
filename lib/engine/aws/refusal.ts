import type { Problem } from '../../errors';

/** Whether a run that never began was cancelled, rather than refused for something in it. */
export const wasCancelledEarly = (refusal: readonly Problem[]): boolean => refusal[0]?.code === 'cancelled';

/** Why a run never began: what follows on `run ID `. */
export function whyNotBegun(refusal: readonly Problem[]): string {
  const reasons = refusal.map(({ message }) => message).join('; ');
  return `${wasCancelledEarly(refusal) ? 'was cancelled before it began' : 'could not be run'}: ${reasons}`;
}
