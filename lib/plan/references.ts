import { type Edges, uniqueRows } from './edges';

/** Who names whom, in numbers of names; −1 is none. An index is one of the list of items. */
export interface References {
  /** The names by number. */
  readonly texts: readonly string[];
  /** The name of each item. */
  readonly names: Int32Array;
  /** From each item to the names of what it depends on. */
  readonly deps: Edges;
}

/** The same with what the names mean. */
export interface ResolvedReferences extends References {
  /** By number the first item of that name; −1 for a name of nothing. */
  readonly itemOf: Int32Array;
  /** From each item to those it depends on, each once, without itself. */
  readonly edges: Edges;
}

export function resolveReferences(references: References): ResolvedReferences {
  const { texts, names, deps } = references;
  const itemOf = new Int32Array(texts.length).fill(-1);
  for (let item = names.length - 1; item >= 0; item--) if (names[item]! >= 0) itemOf[names[item]!] = item;
  const to = new Int32Array(deps.to.length);
  for (let item = 0; item < names.length; item++)
    for (let edge = deps.start[item]!; edge < deps.start[item + 1]!; edge++) {
      const dep = deps.to[edge]! < 0 ? -1 : itemOf[deps.to[edge]!]!;
      to[edge] = dep === item ? -1 : dep;
    }
  return { ...references, itemOf, edges: uniqueRows({ start: deps.start, to }) };
}
