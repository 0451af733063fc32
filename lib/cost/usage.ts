/** What a run has done, as far as its cost depends on it. */
export interface Usage {
  readonly items: number;
  readonly lanes: number;
  /** Executions of the run: one, and one more each time it was resumed. */
  readonly executions: number;
  /** From the first start of a gate to the end. */
  readonly seconds: number;
  /** Changes of the state. */
  readonly commits: number;
  /** Turns of lanes by what came of them. `settled`: gates of which nothing had to run. */
  readonly turns: {
    readonly gate: number;
    readonly build: number;
    readonly check: number;
    readonly settled: number;
    readonly merge: number;
    readonly sleep: number;
  };
  /** Calls of `gate` and `merge` that were lost, and tried twice before that was known. */
  readonly lost: { readonly gate: number; readonly merge: number };
  /** Gates that ran in functions: several in a turn where they are short. */
  readonly gates: number;
  /** Of gates in functions, from the start of each to its end. */
  readonly gateSeconds: number;
  /** Of builds, each from when it was handed out: whole minutes. */
  readonly buildMinutes: number;
  /** Work trees that were packed for builds, in turns before those. */
  readonly packs: number;
  /** Different metrics with their dimensions. */
  readonly series: number;
}
