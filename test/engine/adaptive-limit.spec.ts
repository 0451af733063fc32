import { type AdaptiveLimit, adaptLimit } from '../../lib/engine/adaptive-limit';
import type { SystemLoad } from '../../lib/performance/load-sampler';

const IDLE: SystemLoad = {
  cpuUsed: 0,
  cpuPressure: 0,
  ioPressure: 0,
  memoryPressure: 0,
  memoryFree: 0.8,
};
const BUSY: SystemLoad = { ...IDLE, cpuUsed: 1, cpuPressure: 1 };

/** A load that the test sets; and what became of it. */
function setUp() {
  const world = { load: IDLE, heapUsed: 0.1, held: 0, looks: 0, idle: 0 };
  const changes: string[] = [];
  const sampler = {
    idle: () => {
      world.idle += 1;
    },
    load: () => {
      world.looks += 1;
      return world.load;
    },
  };
  const adaptive: AdaptiveLimit = adaptLimit(
    { cores: 2, max: 8 },
    () => world.heapUsed,
    () => world.held,
    (limit, why) => changes.push(`${limit}: ${why}`),
    sampler,
  );
  return { world, changes, adaptive };
}

describe('a limit that follows the load', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('does not grow while gates in hand are held back', () => {
    const { world, changes, adaptive } = setUp();
    world.held = 1;
    adaptive.inHand(2);
    jest.advanceTimersByTime(10_000);
    expect(changes).toEqual([]);
    world.held = 0;
    jest.advanceTimersByTime(1_000);
    expect(changes).not.toEqual([]);
  });

  it('is looked at while gates are in hand, and not before, between or after', () => {
    const { world, adaptive } = setUp();
    jest.advanceTimersByTime(10_000);
    expect([world.looks, world.idle, jest.getTimerCount()]).toEqual([0, 0, 0]);
    for (const gates of [1, 2, 1]) {
      adaptive.inHand(gates);
      jest.advanceTimersByTime(200);
    }
    expect([world.looks, world.idle]).toEqual([3, 1]);
    adaptive.inHand(0);
    expect(jest.getTimerCount()).toBe(0);
    adaptive.inHand(1);
    jest.advanceTimersByTime(200);
    expect([world.looks, world.idle]).toEqual([4, 2]);
    adaptive.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('grows while gates use it up, falls with the load, and tells of each change and no other', () => {
    const { world, changes, adaptive } = setUp();
    expect(adaptive.limit).toBe(2);
    adaptive.inHand(2);
    jest.advanceTimersByTime(200);
    adaptive.inHand(3);
    jest.advanceTimersByTime(200);
    // Between two gates a lane has none for a moment.
    adaptive.inHand(4);
    adaptive.inHand(3);
    jest.advanceTimersByTime(200);
    expect(changes).toEqual([4, 8].map((limit) => `${limit}: the processors are used 0 %`));
    world.load = BUSY;
    adaptive.inHand(8);
    jest.advanceTimersByTime(2_200);
    expect(adaptive.limit).toBe(6);
    adaptive.inHand(6);
    world.heapUsed = 1.2;
    jest.advanceTimersByTime(800);
    expect(changes.slice(2)).toEqual([
      '6: the processors are used 100 %',
      '3: the heap is 120 % of its threshold',
    ]);
  });
});
