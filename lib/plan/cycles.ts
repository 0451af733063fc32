/**
 * One cycle of each strongly connected component: a shortest one through its lowest node, from that node
 * along its edges and not back to it. Components by Tarjan's algorithm (1972) with an explicit stack; linear.
 * An edge from a node to itself is no cycle here.
 * @param edges for each node the nodes it points to
 */
export function findCycles(edges: readonly (readonly number[])[]): number[][] {
  const component = components(edges);
  const size: number[] = [];
  for (const c of component) size[c] = (size[c] ?? 0) + 1;
  const done = new Set<number>();
  const cycles: number[][] = [];
  component.forEach((c, node) => {
    if (size[c] === 1 || done.has(c)) return;
    done.add(c);
    cycles.push(shortestCycle(edges, component, node));
  });
  return cycles;
}

/** The number of its strongly connected component, for each node. */
function components(edges: readonly (readonly number[])[]): number[] {
  const index = new Array<number>(edges.length).fill(-1);
  const low = new Array<number>(edges.length).fill(0);
  const next = new Array<number>(edges.length).fill(0);
  const component = new Array<number>(edges.length).fill(-1);
  const open: number[] = [];
  let indices = 0;
  let found = 0;
  for (let root = 0; root < edges.length; root++) {
    if (index[root] !== -1) continue;
    const path = [root];
    while (path.length > 0) {
      const node = path.at(-1)!;
      if (index[node] === -1) {
        index[node] = low[node] = indices++;
        open.push(node);
      }
      const to = edges[node]![next[node]!++];
      if (to === undefined) {
        path.pop();
        const parent = path.at(-1);
        if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
        if (low[node] !== index[node]) continue;
        let member: number;
        do {
          member = open.pop()!;
          component[member] = found;
        } while (member !== node);
        found += 1;
      } else if (index[to] === -1) path.push(to);
      else if (component[to] === -1) low[node] = Math.min(low[node]!, index[to]!);
    }
  }
  return component;
}

/** Breadth first from a node, inside its component, until an edge leads back to it. */
function shortestCycle(
  edges: readonly (readonly number[])[],
  component: readonly number[],
  start: number,
): number[] {
  const from = new Map<number, number>([[start, -1]]);
  for (const node of from.keys()) {
    for (const to of edges[node]!) {
      if (to === start && node !== start) return back(from, node);
      if (component[to] === component[start] && !from.has(to)) from.set(to, node);
    }
  }
  throw new Error('a component of several nodes has a cycle');
}

function back(from: ReadonlyMap<number, number>, last: number): number[] {
  const path: number[] = [];
  for (let node = last; node !== -1; node = from.get(node)!) path.push(node);
  return path.reverse();
}
