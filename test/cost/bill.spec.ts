import fc from 'fast-check';
import { billOf, PARTS } from '../../lib/cost/bill';
import { type Counters, type FunctionUse, NOTHING } from '../../lib/cost/counters';
import { PRICES, pricesSchema } from '../../lib/cost/prices';

const amount = fc.double({ min: 0, max: 1e7, noNaN: true });
const use: fc.Arbitrary<FunctionUse> = fc.record({
  calls: amount,
  gbSeconds: amount,
  storageGbSeconds: amount,
});
const names = Object.keys(NOTHING).filter((name) => name !== 'functions') as Exclude<
  keyof Counters,
  'functions'
>[];
const counters = fc.record({
  ...Object.fromEntries(names.map((name) => [name, amount])),
  functions: fc.dictionary(fc.constantFrom('gate', 'next', 'merge'), use),
}) as fc.Arbitrary<Counters>;
const architecture = fc.constantFrom('arm64' as const, 'x86_64' as const);

describe('a bill', () => {
  it('is nothing for nothing', () => {
    const { usd, parts } = billOf(NOTHING, 'arm64', PRICES);
    expect([usd, ...Object.values(parts)]).toEqual([0, ...PARTS.map(() => 0)]);
  });

  it('is the sum of its parts', () => {
    fc.assert(
      fc.property(counters, architecture, (of, on) => {
        const { usd, parts } = billOf(of, on, PRICES);
        expect(usd).toBeCloseTo(
          Object.values(parts).reduce((sum, part) => sum + part, 0),
          5,
        );
      }),
    );
  });

  it('is never less, in no part, for more of anything; and more for much more of it', () => {
    fc.assert(
      fc.property(counters, architecture, fc.constantFrom(...names), amount, (of, on, name, more) => {
        const before = billOf(of, on, PRICES);
        const after = billOf({ ...of, [name]: of[name] + more }, on, PRICES);
        for (const part of PARTS) expect(after.parts[part]).toBeGreaterThanOrEqual(before.parts[part]);
        expect(billOf({ ...of, [name]: of[name] + 1e6 }, on, PRICES).usd).toBeGreaterThan(before.usd);
      }),
    );
  });

  it('counts each function, gates apart', () => {
    fc.assert(
      fc.property(counters, architecture, fc.constantFrom('gate', 'next'), use, (of, on, name, more) => {
        const { [name]: without, ...functions } = of.functions;
        const before = billOf({ ...of, functions }, on, PRICES);
        const after = billOf({ ...of, functions: { ...functions, [name]: more } }, on, PRICES);
        const [mine, other] =
          name === 'gate' ? (['gates', 'functions'] as const) : (['functions', 'gates'] as const);
        expect(after.parts[mine]).toBeGreaterThanOrEqual(before.parts[mine]);
        expect(after.parts[other]).toBe(before.parts[other]);
      }),
    );
  });

  it.each([
    // 3 million requests of 120 ms with 1,536 MB on x86, an example of Lambda's price page, without what is free.
    [{ functions: { gate: { calls: 3e6, gbSeconds: 540_000, storageGbSeconds: 0 } } }, 'x86_64', 9.6],
    [{ functions: { gate: { calls: 0, gbSeconds: 1e6, storageGbSeconds: 0 } } }, 'arm64', 13.3334],
    [{ transitions: 1_000 }, 'arm64', 0.025],
    [{ readUnits: 1e6, writeUnits: 1e6 }, 'arm64', 0.75],
    [{ puts: 1_000, gets: 1_000 }, 'arm64', 0.0054],
    [{ metricHours: 730 }, 'arm64', 0.3],
    [{ metricCalls: 1_000, logGb: 1, traces: 1e6 }, 'arm64', 5.51],
    [{ buildMinutes: 100 }, 'arm64', 0.34],
    [{ buildMinutes: 100 }, 'x86_64', 0.5],
    [{ apiRequests: 1e6 }, 'arm64', 1],
  ] as const)('of %j on %s is %d', (some, on, usd) => {
    expect(billOf({ ...NOTHING, ...some }, on, PRICES).usd).toBeCloseTo(usd, 4);
  });

  it('goes by other prices where they are given', () => {
    const { services } = PRICES;
    const stepFunctions = { ...services.stepFunctions, usd: { transition: 1 } };
    const dear = { ...PRICES, services: { ...services, stepFunctions } };
    expect(billOf({ ...NOTHING, transitions: 2 }, 'arm64', dear).usd).toBe(2);
  });
});

describe('the price list', () => {
  it('is one, with a page of AWS for each service', () => {
    expect(pricesSchema.parse(PRICES)).toEqual(PRICES);
    for (const { source } of Object.values(PRICES.services))
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.*pricing/);
  });

  it.each([
    ['a price is missing', ['services', 's3', 'usd', 'put'], undefined],
    ['a price is below nothing', ['services', 's3', 'usd', 'put'], -1],
    ['there is no date', ['date'], 'today'],
    ['there is a service too many', ['services', 'braket'], { source: 'https://a.b', usd: {} }],
  ] as const)('is refused where %s', (_, path, value) => {
    const list = structuredClone(PRICES);
    // biome-ignore lint/suspicious/noExplicitAny: whatever is there.
    const at = path.slice(0, -1).reduce((part: any, name) => part[name], list);
    at[path.at(-1)!] = value;
    expect(pricesSchema.safeParse(list).success).toBe(false);
  });
});
