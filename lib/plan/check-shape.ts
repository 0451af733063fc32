import * as z from 'zod';
import { issueWords, TYPE_NAMES } from '../issue-words';
import { type FieldPath, type Finding, isMapping } from './field-path';
import { type Nearest, suggest } from './nearest';

/**
 * Everything in which a value differs from a schema, one at a time. zod's own list of issues has no bound (a
 * hostile document of 10 MB has millions), and does not know the keys that a misspelt one could mean; so
 * lists, mappings and objects are walked here, and zod judges what is in them. The depth is that of the schema.
 */
export function* checkShape(
  schema: z.ZodType,
  value: unknown,
  path: FieldPath,
  nearest: Nearest,
): Generator<Finding> {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion) {
    const objects = inner.options
      .map((option) => unwrap(option as z.ZodType))
      .filter((option) => option instanceof z.ZodObject);
    const object = isMapping(value) ? closest(objects, value) : undefined;
    if (object !== undefined) yield* checkShape(object, value, path, nearest);
    else yield* checkValue(inner, value, path, nearest);
  } else if (inner instanceof z.ZodObject && isMapping(value)) {
    yield* checkObject(inner, value, path, nearest);
  } else if (inner instanceof z.ZodRecord && isMapping(value)) {
    for (const [key, entry] of Object.entries(value)) {
      yield* checkKey(inner.keyType as z.ZodType, key, [...path, key]);
      yield* checkShape(inner.valueType as z.ZodType, entry, [...path, key], nearest);
    }
  } else if (inner instanceof z.ZodArray && Array.isArray(value) && value.length > 0) {
    const element = inner.element as z.ZodType;
    for (const [index, entry] of value.entries())
      yield* checkShape(element, entry, [...path, index], nearest);
  } else yield* checkValue(inner, value, path, nearest);
}

/** The one that knows the most keys of a mapping; of several the first. */
function closest(objects: readonly z.ZodObject[], value: object): z.ZodObject | undefined {
  const known = (object: z.ZodObject) => Object.keys(value).filter((key) => Object.hasOwn(object.shape, key));
  return objects.toSorted((a, b) => known(b).length - known(a).length)[0];
}

/** Without what makes it optional: `undefined` never gets here. */
function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap() as z.ZodType;
  return inner;
}

function* checkObject(
  schema: z.ZodObject,
  value: Record<string, unknown>,
  path: FieldPath,
  nearest: Nearest,
): Generator<Finding> {
  const known = Object.keys(schema.shape);
  let isSound = true;
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(schema.shape, key)) continue;
    const hint = suggest(nearest(key, known), `known here: ${known.join(', ')}`);
    const message = `unknown key ${JSON.stringify(key)}`;
    isSound = false;
    yield { code: 'unknown-key', message, path: [...path, key], atKey: true, hint };
  }
  for (const [key, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    if (Object.hasOwn(value, key)) {
      for (const finding of checkShape(field, value[key], [...path, key], nearest)) {
        isSound = false;
        yield finding;
      }
    } else if (unwrap(field) === field) {
      isSound = false;
      yield { code: 'missing-field', message: `${key} is missing`, path: [...path, key], hint: `add ${key}` };
    }
  }
  // Rules between fields, once each is right by itself.
  if (!isSound || (schema.def.checks ?? []).length === 0) return;
  for (const issue of schema.safeParse(value).error?.issues ?? [])
    yield {
      code: 'invalid-value',
      message: issueWords(issue),
      path: [...path, ...issue.path] as FieldPath,
    };
}

function* checkKey(schema: z.ZodType, key: string, path: FieldPath): Generator<Finding> {
  // zod passes over this key, so it never asks the schema.
  const issue = key === '__proto__' ? undefined : schema.safeParse(key).error?.issues[0];
  if (key !== '__proto__' && issue === undefined) return;
  const rule = issue === undefined ? 'remove it' : issueWords(issue);
  const code = key === '__proto__' ? 'unknown-key' : 'invalid-key';
  yield { code, message: `${describe(key)} is not a key for this`, path, atKey: true, hint: rule };
}

function* checkValue(
  schema: z.ZodType,
  value: unknown,
  path: FieldPath,
  nearest: Nearest,
): Generator<Finding> {
  const issue = schema.safeParse(value).error?.issues[0];
  if (issue === undefined) return;
  if (issue.code === 'invalid_type') {
    const expected = TYPE_NAMES[issue.expected] ?? issue.expected;
    const message = `expected ${expected}, got ${describe(value)}`;
    yield { code: 'invalid-type', message, path, hint: typeHint(issue.expected, value) };
  } else {
    const allowed = issue.code === 'invalid_value' ? issue.values.map(String) : undefined;
    const rule = allowed ? `one of: ${allowed.join(', ')}` : issueWords(issue);
    const hint = suggest(nearest(String(value), allowed ?? []), rule);
    yield { code: 'invalid-value', message: `${describe(value)} is not a value for this`, path, hint };
  }
}

function typeHint(expected: string, value: unknown): string {
  if (value === null) return 'give it a value, or remove the key';
  if (expected === 'string' && typeof value !== 'object') return 'put it in quotes';
  return `write ${TYPE_NAMES[expected] ?? expected} here`;
}

/** A value in a message: short, whatever it is. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'nothing' : 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
  return typeof value === 'string' && value.length > 60 ? `${text}…` : text;
}
