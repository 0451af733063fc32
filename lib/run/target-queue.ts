/** A run in line for its target. */
export interface Entry {
  readonly run: string;
  /** Answers the run's call to be let in; undefined for the one that is in. */
  readonly token: string | undefined;
}

/** The runs of each target, in the order in which they came; the first one is in, the others wait. */
export interface TargetQueue {
  /**
   * Puts a run at the end, or gives the one that is in line its new token.
   * @returns whether it is the first
   */
  enter(target: string, run: string, token: string): Promise<boolean>;
  /** Takes a run out, if it is there. @returns who is first now, also when nothing was taken out */
  leave(target: string, run: string): Promise<Entry | undefined>;
  list(target: string): Promise<readonly Entry[]>;
}

/** The line after a run has come, or come again with a new token, and whether it is the first. */
export function entered(
  line: readonly Entry[],
  run: string,
  token: string,
): { readonly entries: readonly Entry[]; readonly first: boolean } {
  const place = line.findIndex((entry) => entry.run === run);
  const at = place < 0 ? line.length : place;
  const first = at === 0;
  return { entries: line.toSpliced(at, 1, { run, token: first ? undefined : token }), first };
}
