import { COEFFICIENTS } from '../../lib/cost/coefficients';
import { countersOf } from '../../lib/cost/model';
import { shape } from '../support/shape';
import { simulate } from './simulate';

const SECONDS = { next: 0.1, gate: 1, merge: 1 };

it('a thousand gates of a second on 16 lanes take at most 1.3 transitions each', () => {
  const { usage } = simulate({ items: 1_000, lanes: 16, gateSeconds: 1, remembered: 0 }, SECONDS);
  const { transitions } = countersOf(usage, shape, COEFFICIENTS);
  expect(usage.gates).toBe(1_001);
  expect(transitions / usage.gates).toBeLessThanOrEqual(1.3);
});

it('gates of half a minute are handed out one by one', () => {
  const { usage } = simulate({ items: 200, lanes: 16, gateSeconds: 30, remembered: 0 }, SECONDS);
  expect(usage.turns.gate).toBe(usage.gates);
});
