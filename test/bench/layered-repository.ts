import { type BenchRepository, createRepository } from './repository';
import type { PlanBody } from './run-plan';

/**
 * A repository with `items` branches of one file each, every sixth on top of another, and plans for them.
 * @param plan takes performance settings and what the one gate of each item runs
 */
export function layeredRepository(
  items: number,
  workers: number,
): {
  readonly repository: BenchRepository;
  plan(performance: Readonly<Record<string, unknown>>, run: string): PlanBody;
} {
  const name = (item: number) => `change-${item}`;
  const below = Array.from({ length: items }, (_, item) =>
    item % 6 === 2 ? name((item - 2) / 2) : undefined,
  );
  const branches = below.map((from, item) => ({ name: name(item), from, file: `changes/${item}` }));
  return {
    repository: createRepository(200, branches),
    plan: (performance, run) => ({
      policy: { maxWorkers: workers, performance },
      gates: [{ name: 'test', run }],
      items: below.map((dep, item) => ({ name: name(item), deps: dep === undefined ? [] : [dep] })),
    }),
  };
}
