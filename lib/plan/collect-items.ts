import type { z } from 'zod';
import { checkShape } from './check-shape';
import { type Finding, isMapping } from './field-path';
import { createNearest, type Nearest } from './nearest';
import { type OutlineItem, outlineItem } from './outline';
import { type PlanDocument, planSchema } from './schema';

type Item = PlanDocument['items'][number];

const itemSchema: z.ZodType<Item> = planSchema.shape.items.element;

/**
 * Takes the items of a document as they come, and keeps of each what it means. Names that are equal become one
 * string: a million items name each other three million times.
 */
export class ItemCollector {
  /** Those that are right by themselves. */
  readonly items: Item[] = [];
  readonly outlines: OutlineItem[] = [];
  /** What is wrong with items by themselves, at most as many as asked for. */
  readonly findings: Finding[] = [];
  /** Of all items together. */
  deps = 0;
  private readonly names = new Map<string, string>();

  /** @param most findings that are of use */
  constructor(
    private readonly most: number,
    readonly nearest: Nearest = createNearest(),
  ) {}

  /** Whether so much is wrong that no further item is of use. */
  get isFull(): boolean {
    return this.findings.length >= this.most;
  }

  /** @param value the next item of the list, whatever it is */
  add(value: unknown): void {
    const path = ['items', this.outlines.length];
    const parsed = itemSchema.safeParse(value);
    if (parsed.success && !hasPrototypeKey(value)) {
      const item = parsed.data;
      for (const [k, dep] of item.deps.entries()) item.deps[k] = this.one(dep);
      item.name = this.one(item.name);
      this.items.push(item);
      const { name, deps } = item;
      this.deps += deps.length;
      const { gates } = value as Item;
      const branchIsName = item.branch === undefined && item.sha === undefined;
      this.outlines.push({ name, branchIsName, deps, gates, isMapping: true });
      return;
    }
    this.outlines.push(outlineItem(value));
    for (const finding of checkShape(itemSchema, value, path, this.nearest)) {
      if (this.isFull) return;
      this.findings.push(finding);
    }
  }

  private one(name: string): string {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    this.names.set(name, name);
    return name;
  }
}

/** Whether a key of a valid value is `__proto__`, which zod passes over. */
function hasPrototypeKey(value: unknown): boolean {
  if (Array.isArray(value))
    return value.some((element) => typeof element === 'object' && hasPrototypeKey(element));
  if (!isMapping(value)) return false;
  if (Object.hasOwn(value, '__proto__')) return true;
  for (const key in value) if (typeof value[key] === 'object' && hasPrototypeKey(value[key])) return true;
  return false;
}
