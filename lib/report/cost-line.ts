import { formatUsd } from '../cost/usd';
import type { Report } from './report';

/** Parts that are named; the rest is too little to be worth a word. */
const NAMED = 3;

/** What the run cost, in a line: `about $0.42: gates $0.40, …`. Undefined where it cost nothing that is known. */
export function costLine({ cost }: Report): string | undefined {
  if (cost === undefined) return undefined;
  const parts = Object.entries(cost.parts)
    .filter(([, usd]) => usd >= cost.usd / 100 && usd > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, NAMED)
    .map(([part, usd]) => `${part} ${formatUsd(usd)}`);
  const of = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return `about ${formatUsd(cost.usd)}${of} (list prices of ${cost.prices})`;
}
