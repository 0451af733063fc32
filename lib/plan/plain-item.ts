import type { z } from 'zod';
import { BRANCH_NAME } from './branch-name';
import { isMapping } from './field-path';
import { NAME, type PlanDocument, planSchema } from './schema';

/** A valid item of a document, with the constant defaults filled in. */
export type DocumentItem = PlanDocument['items'][number];

export const itemSchema: z.ZodType<DocumentItem> = planSchema.shape.items.element;

/**
 * What the schema makes of an item that has a name, a branch and dependencies and nothing else, as most have; ten times as fast.
 * The list of dependencies is that of the value.
 * @returns undefined for everything else, which is for the schema
 */
export function plainItem(value: unknown): DocumentItem | undefined {
  if (!isMapping(value)) return undefined;
  for (const key in value) if (key !== 'name' && key !== 'branch' && key !== 'deps') return undefined;
  const { name, branch, deps = [] } = value;
  if (!isName(name) || !Array.isArray(deps) || !deps.every(isName)) return undefined;
  if (branch === undefined) return { name, deps, priority: 0, hotfix: false };
  if (typeof branch !== 'string' || !BRANCH_NAME.test(branch)) return undefined;
  return { name, branch, deps, priority: 0, hotfix: false };
}

const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);
