/** Below that, comparing texts costs less than preparing numbers. */
const FEW = 32;

/**
 * The indices of names in the order of the names (by UTF-16 units). As many characters as fit, behind those that all
 * have in common, are made a number, and numbers are sorted without going to the texts; those that are equal so far
 * are sorted in the same way by what comes next. Comparing texts would wait for memory each time.
 */
export function sortNames(names: readonly string[]): Int32Array {
  const indices = Int32Array.from(names.keys());
  const digitOf = new Int32Array(0x1_0000);
  const groups: Int32Array[] = [indices];
  for (let group = groups.pop(); group !== undefined; group = groups.pop())
    if (group.length < FEW)
      group.sort((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : 0));
    else for (const part of sortByNext(names, group, digitOf)) groups.push(part);
  return indices;
}

/**
 * Sorts a group in place.
 * @param digitOf for every UTF-16 unit, all 0, and again when this is done
 * @returns those parts of it, of two and more, that are not decided yet
 */
function sortByNext(names: readonly string[], group: Int32Array, digitOf: Int32Array): Int32Array[] {
  const size = group.length;
  const from = commonPrefix(names, group);
  const units = unitsBehind(from, names, group, digitOf);
  if (units.length === 0) return []; // all the same
  // 0 is the end of a name.
  units.sort().forEach((unit, place) => {
    digitOf[unit] = place + 1;
  });
  const base = units.length + 1;
  // The number and the place in the group have to be exact in one double.
  const to = from + Math.floor(Math.log(2 ** 53 / size) / Math.log(base));
  const keys = new Float64Array(size);
  for (let at = 0; at < size; at++) {
    const name = names[group[at]!]!;
    let key = 0;
    for (let place = from; place < to; place++)
      key = key * base + (place < name.length ? digitOf[name.charCodeAt(place)]! : 0);
    keys[at] = key * size + at;
  }
  for (const unit of units) digitOf[unit] = 0;
  return sortByKeys(group, keys.sort());
}

/** @param keys sorted: a number times the size of the group, and the place in the group */
function sortByKeys(group: Int32Array, keys: Float64Array): Int32Array[] {
  const size = group.length;
  const before = group.slice();
  const undecided: Int32Array[] = [];
  let first = 0;
  let last = -1;
  for (let at = 0; at <= size; at++) {
    const key = at < size ? Math.floor(keys[at]! / size) : -1;
    if (at < size) group[at] = before[keys[at]! - key * size]!;
    if (key === last) continue;
    if (at - first > 1) undecided.push(group.subarray(first, at));
    first = at;
    last = key;
  }
  return undecided;
}

function commonPrefix(names: readonly string[], group: Int32Array): number {
  const first = names[group[0]!]!;
  let length = first.length;
  for (const index of group) {
    const name = names[index]!;
    let same = 0;
    while (same < length && name.charCodeAt(same) === first.charCodeAt(same)) same += 1;
    length = same;
  }
  return length;
}

/** The UTF-16 units that occur from a place on, each once; they get a digit other than 0. */
function unitsBehind(
  from: number,
  names: readonly string[],
  group: Int32Array,
  digitOf: Int32Array,
): Uint16Array {
  const units: number[] = [];
  for (const index of group) {
    const name = names[index]!;
    for (let place = from; place < name.length; place++) {
      const unit = name.charCodeAt(place);
      if (digitOf[unit] === 0) digitOf[unit] = units.push(unit);
    }
  }
  return Uint16Array.from(units);
}
