import { InputError, type Problem } from '../../lib/errors';
import { loadPlan } from '../../lib/plan/load';
import type { Item, Plan } from '../../lib/plan/plan';

const SOURCE = { file: 'plan.yaml', cwd: '/plans', defaultRepository: '/here' };

export function load(text: string): Plan {
  return loadPlan(text, SOURCE);
}

/** The problems a text is refused with; none if it is a plan. Anything but an InputError is a failure. */
export function problemsOf(text: string): readonly Problem[] {
  try {
    load(text);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
}

/** As `line:column path code`, for short expectations. */
export function summaryOf(text: string): string[] {
  return problemsOf(text).map(({ line, column, path, code }) => `${line}:${column} ${path} ${code}`);
}

/** A plan with one gate, and whatever is given. */
export function plan(fields: object): string {
  return JSON.stringify({
    schemaVersion: 'v1',
    target: 'main',
    gates: [{ name: 'test', run: 'true' }],
    ...fields,
  });
}

/** A bare item. */
export function item(name: string, deps: readonly string[] = []): Item {
  return { name, branch: name, branchGiven: false, sha: undefined, deps, gates: [] };
}
