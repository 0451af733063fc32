const MAX_DEPTH = 16;

/**
 * Any value as one that JSON.stringify takes, without ever throwing: big integers, functions and symbols
 * become text, errors their name, message, stack and own fields, maps objects or pairs, sets arrays; a
 * cycle becomes `[circular]`, what lies deeper than 16 levels `[too deep]`, what cannot be read `[unreadable]`.
 */
export function plain(value: unknown): unknown {
  return convert(value, []);
}

function convert(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
    case 'symbol':
      return String(value);
    case 'function':
      return '[function]';
    case 'object':
      return value === null ? null : convertObject(value, above);
    default:
      return value;
  }
}

function convertObject(value: object, above: readonly object[]): unknown {
  if (above.includes(value)) return '[circular]';
  if (above.length === MAX_DEPTH) return '[too deep]';
  const inside = [...above, value];
  try {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (Array.isArray(value) || value instanceof Set || value instanceof Map)
      return Array.from(value as Iterable<unknown>, (element) => convert(element, inside));
    const own = Object.keys(value).map((key) => [key, read(value, key, inside)]);
    if (!(value instanceof Error)) return Object.fromEntries(own);
    const { name, message, stack, cause } = value;
    const fields = {
      name,
      message,
      stack,
      ...(cause === undefined ? {} : { cause: convert(cause, inside) }),
    };
    return { ...Object.fromEntries(own), ...fields };
  } catch {
    return '[unreadable]';
  }
}

function read(value: object, key: string, inside: readonly object[]): unknown {
  try {
    return convert((value as Record<string, unknown>)[key], inside);
  } catch {
    return '[unreadable]';
  }
}
