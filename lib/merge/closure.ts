/**
 * All direct and indirect dependencies of an item, as ascending order positions.
 * @param deps by order position; every dependency comes before its dependents
 */
export function closure(deps: readonly (readonly number[])[], position: number): number[] {
  return [...reachable(deps, position, 0)].sort((a, b) => a - b);
}

/**
 * For each item its *lead*: the dependency d with closure(item) = {d} ∪ closure(d), so that whatever is built
 * from the closure in order is what is built for d, plus d. −1 where there is none. In a chain every item but
 * the first has a lead, whatever shortcuts its dependencies take.
 */
export function leads(deps: readonly (readonly number[])[]): Int32Array {
  const lead = new Int32Array(deps.length).fill(-1);
  deps.forEach((direct, position) => {
    const [last, ...others] = [...new Set(direct)].sort((a, b) => b - a);
    if (last !== undefined && covers(deps, lead, last, others)) lead[position] = last;
  });
  return lead;
}

/** Whether closure(position) has all of `wanted`, which descends. */
function covers(
  deps: readonly (readonly number[])[],
  lead: Int32Array,
  position: number,
  wanted: readonly number[],
): boolean {
  let next = 0;
  let at = position;
  // Along leads the closure is a list; what has no lead is searched.
  while (next < wanted.length && at > wanted[next]! && lead[at]! >= 0) {
    at = lead[at]!;
    if (at === wanted[next]) next += 1;
  }
  if (next === wanted.length) return true;
  if (at < wanted[next]!) return false;
  const found = reachable(deps, at, wanted.at(-1)!);
  return wanted.slice(next).every((item) => found.has(item));
}

/** What `from` depends on, as far as positions of at least `lowest` lead. */
function reachable(deps: readonly (readonly number[])[], from: number, lowest: number): Set<number> {
  const found = new Set<number>();
  const stack = [from];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    for (const dep of deps[item]!) {
      if (dep < lowest || found.has(dep)) continue;
      found.add(dep);
      stack.push(dep);
    }
  }
  return found;
}
