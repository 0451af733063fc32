import { refuse } from '../errors';

/**
 * A value as JSON text, such that parsing gives the same value again.
 * A property that is undefined counts as absent.
 * @throws InputError when the value would come back as another one: undefined, a Date, a Map, NaN, …
 */
export function encodeCacheable(value: unknown): string {
  if (value === undefined)
    throw refuse('not-cacheable', 'undefined cannot be cached', 'return null for "nothing"');
  let json: string;
  try {
    json = JSON.stringify(value, checkProperty);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw notCacheable(error.message);
    throw error;
  }
  return json;
}

/** A JSON.stringify replacer; `this` holds the property before any toJSON has changed it. */
function checkProperty(this: unknown, key: string, after: unknown): unknown {
  const value = (this as Record<string, unknown>)[key];
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return after;
    case 'number':
      if (!Number.isFinite(value)) throw notCacheable(`it holds ${value}`);
      return after;
    case 'undefined':
      if (Array.isArray(this)) throw notCacheable('it holds undefined in an array');
      return after;
    case 'object': {
      if (value !== after) throw notCacheable('it holds an object with a toJSON method');
      if (value === null || Array.isArray(value)) return after;
      const prototype = Object.getPrototypeOf(value);
      if (prototype === null || Object.getPrototypeOf(prototype) === null) return after;
      throw notCacheable(`it holds an instance of ${prototype.constructor?.name ?? 'a class'}`);
    }
    default:
      throw notCacheable(`it holds a ${typeof value}`);
  }
}

function notCacheable(why: string) {
  return refuse(
    'not-cacheable',
    `a value that is not plain JSON cannot be cached: ${why}`,
    'cache plain data',
  );
}
