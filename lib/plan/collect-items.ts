import { checkShape } from './check-shape';
import { type FieldPath, type Finding, isMapping } from './field-path';
import { IntList } from './int-list';
import { NameNumbers } from './name-numbers';
import { createNearest, type Nearest } from './nearest';
import { type OutlineItem, outlineItem } from './outline';
import { type DocumentItem, itemSchema, plainItem } from './plain-item';
import type { References } from './references';

/**
 * Takes the items of a document as they come, and keeps of each what it means. Names that are equal become one
 * string and one number: a million items name each other three million times.
 */
export class ItemCollector {
  /** Those that are right by themselves. */
  readonly items: DocumentItem[] = [];
  readonly outlines: OutlineItem[] = [];
  /** What is wrong with items by themselves, at most as many as asked for. */
  readonly findings: Finding[] = [];
  private readonly numbers = new NameNumbers();
  /** In numbers, as `References`. */
  private readonly names = new IntList();
  private readonly start = new IntList();
  private readonly wanted = new IntList();

  /** @param most findings that are of use */
  constructor(
    private readonly most: number,
    readonly nearest: Nearest = createNearest(),
  ) {
    this.start.push(0);
  }

  /** Whether so much is wrong that no further item is of use. */
  get isFull(): boolean {
    return this.findings.length >= this.most;
  }

  /** Of all items together. */
  get deps(): number {
    return this.wanted.length;
  }

  get references(): References {
    const deps = { start: this.start.toArray(), to: this.wanted.toArray() };
    return { texts: this.numbers.texts, names: this.names.toArray(), deps };
  }

  /** @param value the next item of the list, whatever it is */
  add(value: unknown): void {
    const item = plainItem(value) ?? validItem(value);
    const outline = item ?? outlineItem(value);
    this.number(outline);
    // The document's own gates, to which the schema has added its defaults.
    const { gates } = item === undefined ? outline : (value as DocumentItem);
    this.outlines.push(gates === undefined ? outline : { ...outline, gates });
    if (item !== undefined) this.items.push(item);
    else this.find(value, ['items', this.outlines.length - 1]);
  }

  private number(item: OutlineItem): void {
    item.name = this.textOf(item.name, this.names);
    for (let k = 0; k < item.deps.length; k++) item.deps[k] = this.textOf(item.deps[k], this.wanted);
    this.start.push(this.wanted.length);
  }

  private textOf(name: string | undefined, numbers: IntList): string | undefined {
    const number = name === undefined ? -1 : this.numbers.of(name);
    numbers.push(number);
    return number < 0 ? undefined : this.numbers.texts[number];
  }

  private find(value: unknown, path: FieldPath): void {
    for (const finding of checkShape(itemSchema, value, path, this.nearest)) {
      if (this.isFull) return;
      this.findings.push(finding);
    }
  }
}

/** @returns undefined where it is none */
function validItem(value: unknown): DocumentItem | undefined {
  const { data } = itemSchema.safeParse(value);
  return data === undefined || hasPrototypeKey(value) ? undefined : data;
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
