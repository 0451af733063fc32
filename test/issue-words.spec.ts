import * as z from 'zod';
import { issueWords } from '../lib/issue-words';

const said = (schema: z.ZodType, value: unknown) => issueWords(schema.safeParse(value).error!.issues[0]!);

describe('the words for a rule that a value has broken', () => {
  it.each([
    [z.int().min(1), 0, 'must be at least 1'],
    [z.number().max(99), 100, 'must be at most 99'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().lt(5), 5, 'must be less than 5'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.number(), 'x', 'must be a number'],
    [z.string(), 1, 'must be a string'],
    [z.boolean(), undefined, 'must be true or false'],
    [z.string().min(1), '', 'must have at least 1 character'],
    [z.string().max(3), 'four', 'must have at most 3 characters'],
    [z.string().length(2), 'four', 'must have 2 characters'],
    [z.array(z.string()).min(2), ['a'], 'must have at least 2 entries'],
    [z.array(z.string()), {}, 'must be a list'],
    [z.record(z.string(), z.string()), 1, 'must be a mapping'],
    [z.enum(['a', 'b']), 'c', 'must be one of: a, b'],
    [z.literal('v1'), 'v2', 'must be v1'],
    [z.strictObject({}), { x: 1, y: 1 }, 'must not have "x", "y"'],
    [z.number().multipleOf(5), 3, 'must be a multiple of 5'],
    [z.iso.datetime(), 'now', 'must be a time such as 2026-01-31T12:00:00Z'],
    [z.union([z.string(), z.number()]), true, 'has none of the forms that it can have'],
    [z.string().regex(/a/), 'b', 'has characters or a form that it must not have'],
    [z.string().regex(/a/, { error: 'must hold an a' }), 'b', 'must hold an a'],
  ])('%#: %p %p', (schema, value, words) => {
    expect(said(schema, value)).toBe(words);
  });
});
