import { boundsFor, firstLimit, nextLimit, type WorkerLimit } from '../../lib/performance/worker-limit';

/** Of a gate: it sleeps, then uses a processor; both in ms. */
interface Kind {
  readonly sleep: number;
  readonly work: number;
}

const STEP = 10;
const SAMPLE = 200;

/**
 * A machine without others: what wants a processor gets its share of them. No clock but that of the model.
 * @param limit of the first moment; with it the next one after each sample
 * @returns ms from the first start of a gate to the last end
 */
function makespan(kinds: readonly Kind[], cores: number, first: WorkerLimit, isAdaptive: boolean): number {
  let now = first;
  let next = 0;
  let running: { sleep: number; work: number }[] = [];
  let busy = 0;
  let used = 0;
  let waited = 0;
  let ms = 0;
  for (; next < kinds.length || running.length > 0; ms += STEP) {
    while (running.length < now.limit && next < kinds.length) running.push({ ...kinds[next++]! });
    busy = Math.max(busy, running.length);
    const wanting = running.filter(({ sleep }) => sleep <= 0);
    const share = Math.min(1, cores / wanting.length);
    used += Math.min(cores, wanting.length) / cores;
    waited += wanting.length > cores ? 1 : 0;
    for (const gate of wanting) gate.work -= STEP * share;
    for (const gate of running) gate.sleep -= STEP;
    running = running.filter(({ sleep, work }) => sleep > 0 || work > 0);
    if (!isAdaptive || (ms + STEP) % SAMPLE !== 0) continue;
    const samples = SAMPLE / STEP;
    now = nextLimit(boundsFor(cores), now, {
      busy,
      cpuUsed: used / samples,
      cpuPressure: waited / samples,
      ioPressure: 0,
      memoryPressure: 0,
      memoryFree: 0.5,
      heapUsed: 0.1,
    });
    [busy, used, waited] = [running.length, 0, 0];
  }
  return ms;
}

const many = (count: number, kind: (k: number) => Kind) => Array.from({ length: count }, (_, k) => kind(k));

describe('a limit that follows the load, on a model of a machine', () => {
  it.each<[string, (cores: number) => Kind[]]>([
    ['that use a processor', (cores) => many(20 * cores, () => ({ sleep: 0, work: 500 }))],
    ['that sleep', (cores) => many(128 * cores, () => ({ sleep: 500, work: 0 }))],
    ['that sleep and use a processor', (cores) => many(20 * cores, () => ({ sleep: 300, work: 250 }))],
    ['that mostly sleep', (cores) => many(60 * cores, () => ({ sleep: 900, work: 100 }))],
    [
      'of all kinds',
      (cores) => many(60 * cores, (k) => ({ sleep: (k * 331) % 900, work: 20 + ((k * 77) % 400) })),
    ],
  ])('ends gates %s within a tenth of the best fixed number', (_, kindsOn) => {
    for (const cores of [1, 2, 4, 16]) {
      const kinds = kindsOn(cores);
      const first = firstLimit(boundsFor(cores));
      const fixed = [0.5, 1, 1.5, 2, 3, 4, 6, 8].map((perCore) =>
        makespan(kinds, cores, { ...first, limit: Math.max(1, Math.round(perCore * cores)) }, false),
      );
      expect(makespan(kinds, cores, first, true) / Math.min(...fixed)).toBeLessThanOrEqual(1.1);
    }
  });

  it('takes back what gates that sleep have let it grow to, once there come others', () => {
    const kinds = [
      ...many(200, () => ({ sleep: 500, work: 0 })),
      ...many(40, () => ({ sleep: 0, work: 500 })),
    ];
    const first = firstLimit(boundsFor(2));
    const best = makespan(kinds, 2, { ...first, limit: 16 }, false);
    expect(makespan(kinds, 2, first, true) / best).toBeLessThanOrEqual(1.1);
  });
});
