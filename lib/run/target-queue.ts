/** A run in line for its target. */
export interface Entry {
  readonly run: string;
  /** Answers the run's call to be let in; undefined for the one that is in. */
  readonly token: string | undefined;
  /** It goes ahead of those without, but for the first. */
  readonly urgent?: true;
}

/** The runs of each target, in the order in which they came; the first one is in, the others wait. */
export interface TargetQueue {
  /**
   * Puts a run in line, or gives the one that is in line its new token.
   * @param urgent it goes ahead of those that are not, but for the first: that is in, or about to be
   * @returns whether it is the first
   */
  enter(target: string, run: string, token: string, urgent?: boolean): Promise<boolean>;
  /** Takes a run out, if it is there. @returns who is first now, also when nothing was taken out */
  leave(target: string, run: string): Promise<Entry | undefined>;
  list(target: string): Promise<readonly Entry[]>;
}

/** The line after a run has come, or come again with a new token, and whether it is the first. */
export function entered(
  line: readonly Entry[],
  run: string,
  token: string,
  urgent = false,
): { readonly entries: readonly Entry[]; readonly first: boolean } {
  const place = line.findIndex((entry) => entry.run === run);
  const lessUrgent = line.findIndex((entry, at) => at > 0 && !entry.urgent);
  const at = place >= 0 ? place : urgent && lessUrgent > 0 ? lessUrgent : line.length;
  const first = at === 0;
  const entry: Entry = { run, token: first ? undefined : token, ...(urgent && { urgent }) };
  return { entries: line.toSpliced(at, place < 0 ? 0 : 1, entry), first };
}
