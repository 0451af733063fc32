import { InputError } from '../errors';
import { findCycles } from '../plan/cycles';
import { fromLists } from '../plan/edges';
import type { Branch } from './branches';
import { type Deps, union } from './relation';
import type { TrailerDep } from './trailers';

/**
 * What branches depend on by ancestry and by trailers together.
 * @throws InputError for every cycle, naming the commits whose trailers close it; ancestry alone has none
 */
export function stated(
  branches: readonly Branch[],
  ancestry: Deps,
  trailers: readonly TrailerDep[],
): number[][] {
  const byTrailer = branches.map((): number[] => []);
  for (const { branch, dep } of trailers) byTrailer[branch]!.push(dep);
  const deps = union(ancestry, byTrailer);
  const cycles = findCycles(fromLists(deps));
  if (cycles.length > 0) throw new InputError(cycles.map((cycle) => problemOf(cycle, branches, trailers)));
  return deps;
}

function problemOf(cycle: readonly number[], branches: readonly Branch[], trailers: readonly TrailerDep[]) {
  const name = (branch: number) => branches[branch]!.name;
  const steps = cycle.map((branch, index) => {
    const dep = cycle[(index + 1) % cycle.length]!;
    const trailer = trailers.find((one) => one.branch === branch && one.dep === dep);
    return trailer === undefined
      ? `${name(branch)} contains ${name(dep)}`
      : `${name(branch)} depends on ${name(dep)} (commit ${trailer.commit.slice(0, 10)})`;
  });
  return {
    code: 'cycle',
    message: `dependency cycle: ${steps.join(', ')}`,
    hint: 'amend one of these commits: remove its Depends-on trailer',
  };
}
