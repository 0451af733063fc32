/**
 * Edges of a graph in compressed sparse rows: node n points to `to[start[n]]` … `to[start[n + 1] − 1]`. A
 * million nodes are two arrays rather than a million.
 */
export interface Edges {
  readonly start: Int32Array;
  readonly to: Int32Array;
}

/** So many are sorted by insertion, which costs less than a call. */
const FEW = 16;

/** Where rows start that have the lengths of lists. */
export function startsOf(lists: readonly { readonly length: number }[]): Int32Array {
  const start = new Int32Array(lists.length + 1);
  for (let node = 0; node < lists.length; node++) start[node + 1] = start[node]! + lists[node]!.length;
  return start;
}

/** The edges of one plain list a node. */
export function fromLists(lists: readonly (readonly number[])[]): Edges {
  const start = startsOf(lists);
  const to = new Int32Array(start[lists.length]!);
  for (let node = 0; node < lists.length; node++) to.set(lists[node]!, start[node]!);
  return { start, to };
}

/** The edges turned round; what points to a node is then in ascending order. */
export function reverse({ start, to }: Edges): Edges {
  const nodes = start.length - 1;
  const ends = new Int32Array(nodes + 1);
  for (const node of to) ends[node + 1]! += 1;
  for (let node = 0; node < nodes; node++) ends[node + 1]! += ends[node]!;
  const next = ends.slice();
  const sources = new Int32Array(to.length);
  for (let node = 0; node < nodes; node++) {
    for (let edge = start[node]!; edge < start[node + 1]!; edge++) sources[next[to[edge]!]!++] = node;
  }
  return { start: ends, to: sources };
}

/** The same edges after node order[i] has become node i. */
export function renumber({ start, to }: Edges, order: Int32Array): Edges {
  const numberOf = inverse(order);
  const newStart = new Int32Array(start.length);
  const newTo = new Int32Array(to.length);
  let edges = 0;
  for (let number = 0; number < order.length; number++) {
    const node = order[number]!;
    for (let edge = start[node]!; edge < start[node + 1]!; edge++) newTo[edges++] = numberOf[to[edge]!]!;
    newStart[number + 1] = edges;
  }
  return { start: newStart, to: newTo };
}

/** Where each number is in a list that has all numbers from 0 once. */
export function inverse(order: Int32Array): Int32Array {
  const placeOf = new Int32Array(order.length);
  for (let place = 0; place < order.length; place++) placeOf[order[place]!] = place;
  return placeOf;
}

/** The same edges, each once; what points to −1 is none. */
export function uniqueRows({ start, to }: Edges): Edges {
  const newStart = new Int32Array(start.length);
  const newTo = new Int32Array(to.length);
  const lastSource = new Int32Array(start.length - 1).fill(-1);
  let edges = 0;
  for (let node = 0; node + 1 < start.length; node++) {
    for (let edge = start[node]!; edge < start[node + 1]!; edge++) {
      const head = to[edge]!;
      if (head < 0 || lastSource[head] === node) continue;
      lastSource[head] = node;
      newTo[edges++] = head;
    }
    newStart[node + 1] = edges;
  }
  return { start: newStart, to: newTo.subarray(0, edges) };
}

/** Puts what each node points to in ascending order, in place. @returns the edges given */
export function sortRows(edges: Edges): Edges {
  const { start, to } = edges;
  for (let node = 0; node + 1 < start.length; node++) {
    const [from, end] = [start[node]!, start[node + 1]!];
    if (end - from > FEW) to.subarray(from, end).sort();
    else
      for (let edge = from + 1; edge < end; edge++) {
        const value = to[edge]!;
        let at = edge;
        for (; at > from && to[at - 1]! > value; at--) to[at] = to[at - 1]!;
        to[at] = value;
      }
  }
  return edges;
}

/** As one plain list a node. */
export function toLists({ start, to }: Edges): number[][] {
  const lists: number[][] = [];
  for (let node = 0; node + 1 < start.length; node++) {
    const list: number[] = [];
    for (let edge = start[node]!; edge < start[node + 1]!; edge++) list.push(to[edge]!);
    lists.push(list);
  }
  return lists;
}
