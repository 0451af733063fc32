import { PassThrough } from 'node:stream';
import { schemaCommand } from '../../lib/cli/schema';
import { planJsonSchema } from '../../lib/plan/json-schema';

describe('lex-pr schema', () => {
  it('prints the JSON Schema of plans', () => {
    const stdout = new PassThrough();
    expect(schemaCommand({ stdout })).toBe(0);
    expect(JSON.parse(String(stdout.read()))).toEqual(planJsonSchema());
  });
});
