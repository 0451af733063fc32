import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import { planJsonSchema } from '../../lib/plan/json-schema';
import { plan, problemsOf } from './plans';

const schema = planJsonSchema();

describe('the JSON Schema of plans', () => {
  it('is committed as it is now (npm run build && npm run schema)', () => {
    const committed = readFileSync(join(__dirname, '../../docs/schemas/plan.schema.json'), 'utf8');
    expect(committed).toBe(`${JSON.stringify(schema, null, 2)}\n`);
  });

  it('describes every field', () => {
    const undescribed: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties } = node as { properties?: Record<string, { description?: string }> };
      for (const [key, field] of Object.entries(properties ?? {}))
        if (!field.description) undescribed.push(`${path}.${key}`);
      for (const [key, inner] of Object.entries(node)) visit(inner, `${path}.${key}`);
    };
    visit(schema, '');
    expect(undescribed).toEqual([]);
  });

  const validate = new Ajv({ strict: true, strictTypes: false, formats: { 'date-time': true } }).compile(
    schema,
  );
  const items = [{ name: 'a' }];
  const gate = (fields: object) => plan({ items, gates: [{ name: 'test', run: 'x', ...fields }] });

  it.each([
    plan({ items: [] }),
    plan({
      items: [{ name: '../../x', branch: '-a/ä', sha: 'a'.repeat(64), deps: [], gates: [] }],
      policy: { ungated: 'allow' },
    }),
    plan({ items, policy: { integration: 'none', maxWorkers: 2, performance: { maxMemoryMB: 1 } } }),
    plan({
      items,
      policy: { integration: { gates: ['test', { name: 'x', run: 'y' }] }, retries: { test: {} } },
    }),
    gate({
      env: { A: '1' },
      cwd: 'a/b',
      artifacts: ['*.xml'],
      timeoutSeconds: 0.5,
      runtime: 'local',
      cache: 'off',
    }),
    gate({ runtime: 'container', image: 'ghcr.io/a/b:1.2@sha256:0123' }),
  ])('accepts the plan %s', (text) => {
    expect(problemsOf(text)).toEqual([]);
    expect(validate(JSON.parse(text))).toBe(true);
  });

  it.each([
    '{}',
    plan({}),
    plan({ items, schemaVersion: 'v2' }),
    plan({ items, target: 'a..b' }),
    plan({ items: [{ name: '' }] }),
    plan({ items: [{ name: 'a', priority: 1.5 }] }),
    plan({ items: [{ name: 'a', sha: 'abc' }] }),
    plan({ items, policy: { maxWorkers: 0 } }),
    plan({ items, policy: { integration: { gates: [] } } }),
    gate({ env: { GIT_DIR: 'x' } }),
    gate({ cwd: '../x' }),
    gate({ runtime: 'container', image: '-v' }),
    gate({ timeoutSeconds: 0 }),
  ])('refuses the plan %s', (text) => {
    expect(problemsOf(text)).not.toEqual([]);
    expect(validate(JSON.parse(text))).toBe(false);
  });
});
