import * as items from './check-items';
import * as refs from './check-refs';
import type { Evidence } from './evidence';

/** A promise of docs/safety.md that was broken: its number, and what was seen. */
export interface Violation {
  readonly promise: number;
  readonly seen: string;
}

/** By number of the promise; each looks at refs, commits and the report, and says what is wrong with them. */
export const CHECKS: Readonly<Record<number, (evidence: Evidence) => string[]>> = {
  1: refs.landsWhatWasVerified,
  2: refs.landsItemsOnly,
  3: items.movedHeadsStay,
  4: refs.targetIsNotOverwritten,
  5: items.gatesHavePassed,
  6: items.depsComeFirst,
  7: items.optionalGatesDoNotBlock,
  8: items.evictsWhatBreaks,
  9: refs.landsAllOrNothing,
  10: refs.landsOnce,
  11: refs.staysCancelled,
  12: items.overridesAreAnsweredFor,
  13: items.everyItemEnds,
  14: items.nothingToDoIsMerged,
};

/** All promises that the evidence shows to be broken. */
export const violations = (evidence: Evidence): Violation[] =>
  Object.entries(CHECKS).flatMap(([promise, check]) =>
    check(evidence).map((seen) => ({ promise: Number(promise), seen })),
  );
