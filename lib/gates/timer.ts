/** The longest delay of `setTimeout`; above it fires at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Calls `action` once, `ms` milliseconds from now (any length), unless the returned function cancels it.
 * What the system reported before the limit (the end of a process) is handled before `action`, even where
 * this process was too busy to look at it in time.
 */
export function startTimer(ms: number, action: () => void): () => void {
  let cancel = () => {};
  const arm = (left: number) => {
    const step = Math.min(left, LONGEST);
    const timeout = setTimeout(() => {
      if (left > step) return arm(left - step);
      const immediate = setImmediate(action);
      cancel = () => clearImmediate(immediate);
    }, step);
    cancel = () => clearTimeout(timeout);
  };
  arm(ms);
  return () => cancel();
}
