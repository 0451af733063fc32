/** Under which name gates that passed are remembered. */
export const GATE_PASSES = 'gate/1';

/** What a remembered pass is about, for people: its key says nothing. */
export interface PassAbout {
  readonly gate: string;
  /** Null: the woven commit. */
  readonly item: string | null;
  /** What was tested. */
  readonly tree: string;
}
