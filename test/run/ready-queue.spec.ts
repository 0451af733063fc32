import fc from 'fast-check';
import { pop, push, pushAll } from '../../lib/run/ready-queue';

const ascending = (a: number, b: number) => a - b;

describe('the line of ready tasks', () => {
  it('gives back what was put in, the smallest first, whatever comes between', () => {
    const acts = fc.array(fc.option(fc.nat(50), { nil: undefined, freq: 1 }), {
      minLength: 20,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 40 }), acts, (given, then) => {
        const heap = pushAll(given);
        const left = given.toSorted(ascending);
        for (const value of then) {
          if (value === undefined) expect(pop(heap)).toBe(left.shift());
          else {
            push(heap, value);
            left.push(value);
            left.sort(ascending);
          }
          expect(heap).toHaveLength(left.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('looks at no more than the logarithm of its length', () => {
    const size = 1 << 12;
    const heap = pushAll(Array.from({ length: size }, (_, k) => (k * 2_731) % size));
    let looks = 0;
    const watched = new Proxy(heap, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
        return Reflect.get(target, key);
      },
    });
    push(watched, -1);
    expect(pop(watched)).toBe(-1);
    // At most two children and the one that is moved up, a level.
    expect(looks).toBeLessThanOrEqual(6 * 13);
  });
});
