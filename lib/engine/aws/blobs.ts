/** Files of runs: plans, bundles, jobs, logs, artifacts, reports. */
export interface Blobs {
  put(key: string, body: Uint8Array | string, contentType?: string): Promise<void>;
  /** @returns undefined where there is none */
  get(key: string): Promise<Buffer | undefined>;
  /** Keys that begin with `prefix`, in order. */
  list(prefix: string): Promise<readonly string[]>;
  /** @returns false where there is nothing at `from`, or the store does not take it at `to` */
  copy(from: string, to: string): Promise<boolean>;
  /** A URL with which anybody can read the file for a time (HTTP GET). */
  readUrl(key: string, seconds: number): Promise<string>;
  /** A URL with which anybody can write the file for a time (HTTP PUT). */
  writeUrl(key: string, seconds: number): Promise<string>;
  /** A form with which anybody can write files below `prefix` for a time, at most `maxBytes` each (HTTP POST). */
  writeForm(
    prefix: string,
    seconds: number,
    maxBytes: number,
  ): Promise<{ readonly url: string; readonly fields: Readonly<Record<string, string>> }>;
}

/** Keys of a run's files. */
export const blobKeys = {
  /** A document as it was handed in. */
  plan: (run: string, plan: string) => `runs/${run}/plans/${plan}`,
  /** Record and facts, for whoever follows the run. */
  record: (run: string) => `runs/${run}/record.json`,
  /** All of the history of the base that the run began with. */
  base: (run: string) => `runs/${run}/bundles/base.bundle`,
  /** Candidates of items `segment × SEGMENT` and following; needs the base. */
  candidates: (run: string, segment: number) => `runs/${run}/bundles/candidates-${segment}.bundle`,
  /**
   * Everything that one batch, whose first item is `from`, added to the weave; needs the base and the ones before
   * of the same round. Named by its tip too: a batch that was lost may still write its own after the one that has
   * replaced it.
   */
  weave: (run: string, round: number, from: number, tip: string) =>
    `${blobKeys.weaves(run, round)}${String(from).padStart(8, '0')}-${tip}.bundle`,
  weaves: (run: string, round: number) => `runs/${run}/weave/${round}/`,
  job: (run: string, generation: number, lane: number, turn: number) =>
    `runs/${run}/jobs/${generation}-${lane}-${turn}.json`,
  /** The numbers of those gates of a job that nobody needs any more. */
  unwanted: (run: string, generation: number, lane: number, turn: number) =>
    `runs/${run}/jobs/${generation}-${lane}-${turn}.unwanted.json`,
  /**
   * What builds are made of (`<id>.zip`): a work tree, by the id of its tree or commit, or what a build is to do.
   * Builds can read all of these, and list none: names are not to be guessed.
   */
  source: (run: string, id: string) => `runs/${run}/sources/${id}.zip`,
  /** The folder that a build writes its files into; all builds can write into it, if they know the name. */
  build: (run: string, name: string) => `runs/${run}/builds/${name}`,
  /** What whoever runs a check elsewhere may read. */
  check: (run: string, place: string) => `runs/${run}/checks/${place}.json`,
  /** What belongs into the artifact folder: report, logs, artifacts. */
  file: (run: string, path: string) => `runs/${run}/files/${path}`,
};

/** Items a bundle of candidates. */
export const SEGMENT = 50;
