import fc from 'fast-check';
import { closure, leads } from '../../lib/merge/closure';

const graph = fc
  .array(fc.array(fc.nat(1000), { maxLength: 4 }), { maxLength: 30 })
  .map((rows) => rows.map((row, item) => (item === 0 ? [] : row.map((dep) => dep % item))));

/** By definition: everything that is reached by following dependencies again and again. */
function closureByDefinition(deps: readonly (readonly number[])[], item: number): number[] {
  const all = new Set(deps[item]);
  for (const dep of all) for (const further of deps[dep]!) all.add(further);
  return [...all].sort((a, b) => a - b);
}

describe('the dependency closure', () => {
  it('holds every direct and indirect dependency once, in order', () => {
    fc.assert(
      fc.property(graph, (deps) => {
        deps.forEach((_, item) => {
          expect(closure(deps, item)).toEqual(closureByDefinition(deps, item));
        });
      }),
    );
  });

  it('is that of the lead and the lead itself, exactly where an item has one', () => {
    fc.assert(
      fc.property(graph, (deps) => {
        const found = [...leads(deps)];
        const expected = deps.map((direct, item) => {
          const last = Math.max(-1, ...direct);
          const whole = closureByDefinition(deps, item).join();
          return last >= 0 && whole === [...closureByDefinition(deps, last), last].join() ? last : -1;
        });
        expect(found).toEqual(expected);
      }),
    );
  });

  it('finds the leads of a long chain whose items also name earlier ones', () => {
    const deps = Array.from({ length: 2_000 }, (_, i) => (i === 0 ? [] : [0, i - 1, Math.floor(i / 2)]));
    expect([...leads(deps)]).toEqual(deps.map((_, i) => i - 1));
  });
});
