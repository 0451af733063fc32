/** What is known of how a gate ended; its shell has ended where there is a code or a signal. */
interface Ended {
  readonly cached?: boolean;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly log?: string | null;
}

/** Whether a gate ran and printed nothing, for which it has no log (docs/decisions/0084-logs-of-what-is-printed.md). */
export const wasSilent = ({ cached, exitCode, signal, log }: Ended): boolean =>
  !cached && log == null && (exitCode ?? signal) != null;

/** What is said of a gate behind how it ended: nothing but of such a one. */
export const silence = (ended: Ended): string => (wasSilent(ended) ? ', without output' : '');
