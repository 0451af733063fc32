import { type Bill, billOf } from './bill';
import { COEFFICIENTS } from './coefficients';
import { countersOf } from './model';
import { PRICES, priceList } from './prices';
import type { StackShape } from './stack-shape';
import type { Usage } from './usage';

/** What a run cost, as its report has it. */
export interface RunCost extends Bill {
  readonly currency: 'USD';
  readonly estimated: true;
  readonly prices: string;
}

/** What a run cost, by what it has done and by the list prices that are known. */
export function costOf(usage: Usage, stack: StackShape): RunCost {
  const bill = billOf(countersOf(usage, stack, COEFFICIENTS), stack.architecture, PRICES);
  return { usd: bill.usd, currency: 'USD', parts: bill.parts, estimated: true, prices: priceList(PRICES) };
}
