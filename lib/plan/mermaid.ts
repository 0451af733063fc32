import type { OrderedPlan } from './order';

/** A Mermaid flowchart: an arrow from each item to those that wait for it; the critical path is bold. */
export function mermaid({ items, deps, criticalPath }: OrderedPlan): string {
  const critical = new Set(
    criticalPath.slice(1).map((position, index) => `${criticalPath[index]} ${position}`),
  );
  const nodes = items.map(({ name }, position) => `  n${position}["${escapeLabel(name)}"]`);
  const arrows = deps.flatMap((before, position) =>
    before.map((dep) => `  n${dep} ${critical.has(`${dep} ${position}`) ? '==>' : '-->'} n${position}`),
  );
  return ['flowchart LR', ...nodes, ...arrows, ''].join('\n');
}

/**
 * Everything but letters, digits and a few signs as an entity code (mermaid.js.org, "Entity codes to escape
 * characters"); a dot or dash before a space too, because that would begin a list.
 */
function escapeLabel(name: string): string {
  return name.replace(/[^\p{L}\p{M}\p{N} ._/-]|[.-](?= )/gu, (sign) => `#${sign.codePointAt(0)};`);
}
