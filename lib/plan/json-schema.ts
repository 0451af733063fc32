import * as z from 'zod';
import { planSchema } from './schema';

/** JSON Schema (2020-12) of the plan document, for editors and other tools. */
export function planJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(planSchema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, title: 'lex-pr plan', ...schema };
}
