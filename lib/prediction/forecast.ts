import type { Gate } from '../plan/plan';
import { middle, pool, type Window } from './window';

/** What a gate of an item may take, as far as past runs say, in milliseconds. */
export interface Forecast {
  readonly window: Window;
  /** Whose past: its own, that of gates of its name on other items, or that of all gates; or it need not run. */
  readonly from: 'own' | 'gate' | 'all' | 'cache';
}

/** @param item its name; null: the woven commit. @returns undefined for every gate where nothing at all is known */
export type Forecasts = (gate: Pick<Gate, 'name'>, item: string | null) => Forecast | undefined;

/**
 * Forecasts from what is known of gates; of one that has not run before from its name, else from all others.
 * @param own of each gate of an item that has run
 * @param named by name of a gate, what its items took
 */
export function createForecasts(
  own: (gate: string, item: string | null) => Window | undefined,
  named: ReadonlyMap<string, Window>,
): Forecasts {
  const all = pool([], [...named.values()].flat());
  return ({ name }, item) => {
    const mine = own(name, item);
    if (mine !== undefined) return { window: mine, from: 'own' };
    const group = named.get(name);
    if (group !== undefined) return { window: group, from: 'gate' };
    return all.length > 0 ? { window: all, from: 'all' } : undefined;
  };
}

/**
 * The lengths by which gates line up: medians. Where nothing is known every gate counts the same. To add the spread, as
 * one does for a time-out, makes the line no better (docs/decisions/0054-predictions.md).
 */
export function expectedLengths(forecasts: Forecasts): (gate: Gate, item: string) => number {
  return (gate, item) => {
    const forecast = forecasts(gate, item);
    return forecast === undefined ? 1 : middle(forecast.window);
  };
}
