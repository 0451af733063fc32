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
  return { value, findings: equalKeys(text), locate: (places) => locate(text, places) };
}

function equalKeys(text: string): Finding[] {
  const findings: Finding[] = [];
  walk(text, {
    value: () => {},
    key: (path, offset, repeated) => {
      if (repeated && findings.length < 1000) findings.push(equalKey([...path], offset));
    },
  });
  return findings;
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

function endOfString(text: string, start: number): number {
  let offset = start + 1;
  while (text[offset] !== '"') offset += text[offset] === '\\' ? 2 : 1;
  return offset + 1;
}
