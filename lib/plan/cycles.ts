import type { Edges } from './edges';

/**
 * One cycle of each strongly connected component: a shortest one through its lowest node, from that node
 * along its edges and not back to it. Components by Tarjan's algorithm (1972) with an explicit stack; linear.
 * An edge from a node to itself is no cycle here.
 */
export function findCycles(edges: Edges): number[][] {
  const component = components(edges);
  const size = new Int32Array(component.length);
  for (const c of component) size[c]! += 1;
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
function components({ start, to }: Edges): Int32Array {
  const nodes = start.length - 1;
  const index = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const next = start.slice(0, nodes);
  const component = new Int32Array(nodes).fill(-1);
  const open: number[] = [];
  let indices = 0;
  let found = 0;
  for (let root = 0; root < nodes; root++) {
    if (index[root] !== -1) continue;
    const path = [root];
    while (path.length > 0) {
      const node = path.at(-1)!;
      if (index[node] === -1) {
        index[node] = low[node] = indices++;
        open.push(node);
      }
      const edge = next[node]!++;
      const head = to[edge]!;
      if (edge >= start[node + 1]!) {
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
      } else if (index[head] === -1) path.push(head);
      else if (component[head] === -1) low[node] = Math.min(low[node]!, index[head]!);
    }
  }
  return component;
}

/** Breadth first from a node, inside its component, until an edge leads back to it. */
function shortestCycle(edges: Edges, component: Int32Array, first: number): number[] {
  const from = new Map<number, number>([[first, -1]]);
  for (const node of from.keys()) {
    for (let edge = edges.start[node]!; edge < edges.start[node + 1]!; edge++) {
      const to = edges.to[edge]!;
      if (to === first && node !== first) return back(from, node);
      if (component[to] === component[first] && !from.has(to)) from.set(to, node);
    }
  }
  throw new Error('a component of several nodes has a cycle');
}

function back(from: ReadonlyMap<number, number>, last: number): number[] {
  const path: number[] = [];
  for (let node = last; node !== -1; node = from.get(node)!) path.push(node);
  return path.reverse();
}
