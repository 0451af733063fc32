import type * as z from 'zod';

/**
 * What a value must be, by a rule that it has broken, in words that can follow its name: `must be at least 1`. Rules with
 * words of their own in the schema keep those; what zod says of itself reads like code.
 */
export function issueWords(issue: z.core.$ZodIssue): string {
  return isOfZod(issue.message) ? (wordsFor(issue) ?? 'is not a value for this') : issue.message;
}

/** How zod's own messages begin; ours have no capital there. */
const isOfZod = (message: string) =>
  /^(Invalid |Too (small|big): |Unrecognized key|Number must )/.test(message);

function wordsFor(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'too_small':
      return limit(
        issue.origin,
        `${issue.minimum}`,
        issue.exact ? '' : issue.inclusive ? 'at least ' : 'more than ',
      );
    case 'too_big':
      return limit(
        issue.origin,
        `${issue.maximum}`,
        issue.exact ? '' : issue.inclusive ? 'at most ' : 'less than ',
      );
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of: ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `must not have ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return FORMATS[issue.format];
    case 'invalid_union':
      return 'has none of the forms that it can have';
    default:
      return undefined;
  }
}

/** @param how `at least `, `more than `, …; empty: exactly */
function limit(origin: string, bound: string, how: string): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `must be ${how}${bound}`;
  return `must have ${how}${bound} ${bound === '1' ? unit : `${unit}s`.replace(/ys$/, 'ies')}`;
}

const UNITS: Readonly<Record<string, string>> = {
  string: 'character',
  array: 'entry',
  set: 'entry',
  map: 'entry',
  object: 'key',
  record: 'key',
};

export const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'must be a time such as 2026-01-31T12:00:00Z',
  url: 'must be a URL',
  regex: 'has characters or a form that it must not have',
};
