import type { FieldPath, Finding } from './field-path';
import type { Place, SourceDocument } from './source-document';

/**
 * Reads JSON with the parser of the engine, which keeps no positions; they are found by a second walk over
 * the text, when there is something to report. Neither recurses. Answers with the error of the
 * engine for a text that is not JSON.
 */
export function parseJson(text: string): SourceDocument | SyntaxError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error as SyntaxError;
  }
  return { value, findings: equalKeys(text, value), locate: (places) => locate(text, places) };
}

function equalKeys(text: string, value: unknown): Finding[] {
  const findings: Finding[] = [];
  const keys = keysOf(value);
  // Most texts have no colon in any string, and those are counted faster.
  if (colonsIn(text) === keys || keysIn(text) === keys) return findings;
  walk(text, {
    value: () => {},
    key: (path, offset, repeated) => {
      if (repeated && findings.length < 1000) findings.push(equalKey([...path], offset));
    },
  });
  return findings;
}

function colonsIn(text: string): number {
  let colons = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) colons += 1;
  return colons;
}

/** The keys that a text that is valid JSON has, those that are there twice counted twice. */
function keysIn(text: string): number {
  let keys = 0;
  for (let offset = 0; offset < text.length; offset++) {
    const sign = text.charCodeAt(offset);
    if (sign === COLON) keys += 1;
    else if (sign === QUOTE) offset = endOfString(text, offset) - 1;
  }
  return keys;
}

/** The keys of all mappings that a value holds. */
function keysOf(value: unknown): number {
  let keys = 0;
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (Array.isArray(next)) {
      for (const element of next) if (typeof element === 'object') open.push(element);
    } else if (typeof next === 'object' && next !== null) {
      const entries = Object.values(next);
      keys += entries.length;
      for (const entry of entries) if (typeof entry === 'object') open.push(entry);
    }
  }
  return keys;
}

/** The finding for a key that its mapping has already. */
export function equalKey(path: FieldPath, offset: number): Finding {
  const key = JSON.stringify(path.at(-1));
  return { code: 'duplicate-key', message: `the key ${key} is there twice`, path, offset, hint: 'keep one' };
}

/** Wanted places as a tree of steps, so that the walk looks up one step at a time. */
interface Wanted {
  readonly children: Map<string | number, Wanted>;
  key: number | undefined;
  value: number | undefined;
}

function locate(text: string, places: readonly Place[]): number[] {
  const newWanted = (): Wanted => ({ children: new Map(), key: undefined, value: undefined });
  const root = newWanted();
  for (const { path } of places) {
    let node = root;
    for (const step of path) {
      if (!node.children.has(step)) node.children.set(step, newWanted());
      node = node.children.get(step)!;
    }
  }
  const open: (Wanted | undefined)[] = [];
  walk(text, {
    key: (path, offset) => {
      const node = open[path.length - 1]?.children.get(path.at(-1)!);
      if (node !== undefined) node.key = offset;
    },
    value: (path, offset) => {
      const node = path.length === 0 ? root : open[path.length - 1]?.children.get(path.at(-1)!);
      open[path.length] = node;
      if (node !== undefined) node.value = offset;
    },
  });
  return places.map(({ path, atKey }) => {
    let node = root;
    for (const step of path) {
      const next = node.children.get(step)!;
      if (next.value === undefined) return node.value ?? 0;
      node = next;
    }
    return (atKey ? node.key : undefined) ?? node.value ?? 0;
  });
}

interface Visitor {
  /** A key, the last step of the path; `repeated` if its mapping had it before. The path is reused. */
  key(path: FieldPath, offset: number, repeated: boolean): void;
  value(path: FieldPath, offset: number): void;
}

/** Visits every key and value of a text that is valid JSON, in order. */
function walk(text: string, visit: Visitor): void {
  const path: (string | number)[] = [];
  /** For each open mapping its keys so far, for each open list undefined. */
  const keys: (Set<string> | undefined)[] = [];
  let atKey = false;
  for (let offset = 0; offset < text.length; offset++) {
    switch (text[offset]) {
      case '{':
      case '[': {
        visit.value(path, offset);
        atKey = text[offset] === '{';
        path.push(atKey ? '' : 0);
        keys.push(atKey ? new Set() : undefined);
        break;
      }
      case '}':
      case ']':
        path.pop();
        keys.pop();
        atKey = false;
        break;
      case ',':
        atKey = keys.at(-1) !== undefined;
        if (!atKey) path[path.length - 1] = (path.at(-1) as number) + 1;
        break;
      case '"': {
        const end = endOfString(text, offset);
        if (atKey) {
          const key = JSON.parse(text.slice(offset, end)) as string;
          path[path.length - 1] = key;
          visit.key(path, offset, keys.at(-1)!.has(key));
          keys.at(-1)!.add(key);
          atKey = false;
        } else visit.value(path, offset);
        offset = end - 1;
        break;
      }
      case ':':
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        break;
      default:
        visit.value(path, offset);
        while (offset + 1 < text.length && !/[\s,\]}]/.test(text[offset + 1]!)) offset++;
    }
  }
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

function endOfString(text: string, start: number): number {
  let offset = start + 1;
  for (let sign = text.charCodeAt(offset); sign !== QUOTE; sign = text.charCodeAt(offset))
    offset += sign === BACKSLASH ? 2 : 1;
  return offset + 1;
}
