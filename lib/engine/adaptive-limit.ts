import { createLoadSampler, type LoadSampler } from '../performance/load-sampler';
import { type Bounds, firstLimit, nextLimit } from '../performance/worker-limit';

/** Long enough for a share to mean something (the kernel counts in 10 ms), short enough for runs of a few seconds. */
const SAMPLE_MS = 200;

export interface AdaptiveLimit {
  /** How many gates may run at once now. */
  readonly limit: number;
  /** So many gates are in hand now; the load is looked at while there are any. */
  inHand(gates: number): void;
  /** Nothing is looked at any more. */
  stop(): void;
}

/**
 * Has the number of gates that may run at once follow the load, from the cores of the machine on.
 * @param heapUsed as of `LoadSample`
 * @param held how many of the gates in hand are held back: they are no load, and that they wait is no room for more
 * @param onChange told each change of the limit, and why: a sentence
 * @param sampler default: of this system
 */
export function adaptLimit(
  bounds: Bounds,
  heapUsed: () => number,
  held: () => number,
  onChange: (limit: number, why: string) => void,
  sampler: LoadSampler = createLoadSampler(),
): AdaptiveLimit {
  let now = firstLimit(bounds);
  let gates = 0;
  let busy = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    now = nextLimit(bounds, now, { ...sampler.load(), heapUsed: heapUsed(), busy: busy - held() });
    busy = gates;
    if (now.why !== undefined) onChange(now.limit, now.why);
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    get limit() {
      return now.limit;
    },
    inHand(count) {
      gates = count;
      busy = Math.max(busy, gates);
      if (gates === 0) stop();
      else if (timer === undefined) {
        sampler.idle();
        timer = setInterval(look, SAMPLE_MS).unref();
      }
    },
    stop,
  };
}
