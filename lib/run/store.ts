import type { RunEvent } from './messages';

/** What a run starts with and never changes, as text (see `record.ts`). */
export interface StoredRun {
  readonly id: string;
  readonly record: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Set once, by `finish`. */
  readonly endedAt: number | undefined;
}

/** Somebody else has changed the state since it was read: read it again. */
export class StaleVersionError extends Error {
  constructor(run: string, expected: number) {
    super(`run ${run} is no longer at version ${expected}`);
    this.name = 'StaleVersionError';
  }
}

/** The events of one commit. */
export interface CommittedEvents {
  readonly version: number;
  readonly events: readonly RunEvent[];
}

/** What is kept of runs. */
export interface RunReader {
  find(id: string): Promise<StoredRun | undefined>;
  /** Newest first. */
  list(): Promise<readonly StoredRun[]>;
  /** @throws Error for an unknown run */
  read(id: string): Promise<{ readonly version: number; readonly state: string }>;
  /** In the order in which they happened. */
  events(id: string): Promise<readonly RunEvent[]>;
  /**
   * Events of the commits after `version` (0: of all) in their order, grouped by the version that each commit
   * made; commits without events are left out. Read as they are asked for: of a long run there are many.
   */
  eventsAfter(id: string, version: number): AsyncIterable<CommittedEvents>;
  close(): Promise<void>;
}

/**
 * Where runs are kept. A run's state is one value with a version that every commit increments; events are
 * written together with the commit that caused them, once, and never change.
 */
export interface RunStore extends RunReader {
  /** @throws Error when a run of this id is known already */
  create(
    id: string,
    record: string,
    state: string,
    events: readonly RunEvent[],
    createdAt: number,
  ): Promise<void>;
  /**
   * Replaces the state and adds the events, both or neither. The first version of a run is 1.
   * @throws StaleVersionError when the state is not at `version` any more; nothing is written
   */
  commit(id: string, version: number, state: string, events: readonly RunEvent[]): Promise<void>;
  /**
   * Marks the run ended; what has been marked stays as it is.
   * @returns whether it had not been marked before
   */
  finish(id: string, endedAt: number): Promise<boolean>;
}
