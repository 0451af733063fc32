/** Something to know about how a plan came to be, for standard error. */
export interface Note {
  /** Stable, for machines. */
  readonly event: string;
  readonly message: string;
  /** Whether it is likely not what was meant. */
  readonly warn?: boolean;
}

/** Names for a note: the first few, and how many more. */
export function names(all: readonly string[]): string {
  const shown = all.slice(0, 5).join(', ');
  return all.length > 5 ? `${shown} and ${all.length - 5} more` : shown;
}
