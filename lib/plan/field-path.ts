/** Where in a document something is: keys of mappings and 0-based indices of lists, from the top. */
export type FieldPath = readonly (string | number)[];

/** As people write it: `items[2].deps[0]`, `policy.retries["unit tests"]`; the document itself is ``. */
export function formatPath(path: FieldPath): string {
  return path.map(formatStep).join('').replace(/^\./, '');
}

function formatStep(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** One thing wrong with a document, before its line and column are known. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly path: FieldPath;
  /** Whether the key is at fault rather than its value. */
  readonly atKey?: boolean;
  /** Offset in the text, where it is not that of the path (the second of two equal keys). */
  readonly offset?: number;
  readonly hint?: string;
}

/** A mapping of a document: an object that is no list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
