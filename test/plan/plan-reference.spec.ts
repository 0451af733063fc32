import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planJsonSchema } from '../../lib/plan/json-schema';
import { problemsOf } from './plans';

const reference = readFileSync(join(__dirname, '../../docs/plan-reference.md'), 'utf8');

function fieldsOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties } = node as { properties?: object };
  return [...Object.keys(properties ?? {}), ...Object.values(node).flatMap(fieldsOf)];
}

describe('docs/plan-reference.md', () => {
  it.each([...new Set(fieldsOf(planJsonSchema()))])('mentions %s', (field) => {
    expect(reference).toContain(`\`${field}\``);
  });

  const examples = [...reference.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text!);
  it('has examples', () => expect(examples.length).toBeGreaterThan(4));
  it.each(examples)('has an example that loads:\n%s', (text) => {
    // A section shows its own part of a plan; what it leaves out is the least there can be.
    const rest: Record<string, string> = {
      schemaVersion: 'schemaVersion: v1',
      target: 'target: main',
      gates: 'gates: [{name: test, run: "true"}]',
      items: 'items: [{name: a}]',
    };
    const missing = Object.keys(rest).filter((key) => !new RegExp(`^${key}:`, 'm').test(text));
    expect(problemsOf([text, ...missing.map((key) => rest[key])].join('\n'))).toEqual([]);
  });
});
