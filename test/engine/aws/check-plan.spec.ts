import {
  checkAwsPlan,
  MAX_BUILD_SECONDS,
  MAX_GATE_SECONDS,
  MAX_ITEMS,
} from '../../../lib/engine/aws/check-plan';
import { InputError } from '../../../lib/errors';
import { loadPlan } from '../../../lib/plan/load';

const load = (document: object) =>
  loadPlan(JSON.stringify({ schemaVersion: 'v1', target: 'main', ...document }, null, 1), {
    file: 'plan.json',
    cwd: '/',
    defaultRepository: 'https://host/r.git',
    check: checkAwsPlan,
  });
const problemsOf = (document: object) => {
  try {
    load(document);
    return [];
  } catch (error) {
    return error instanceof InputError ? error.problems.map(({ code, path }) => [code, path]) : [error];
  }
};
const gate = (timeoutSeconds: number) => ({ name: `g${timeoutSeconds}`, run: 'true', timeoutSeconds });

describe('a plan for the aws engine', () => {
  it('may have gates of up to 840 seconds', () => {
    expect(problemsOf({ gates: [gate(MAX_GATE_SECONDS)], items: [{ name: 'a' }] })).toEqual([]);
  });

  it('is refused with every gate that a function cannot run to its end', () => {
    const document = {
      items: [
        { name: 'a', gates: [gate(841)] },
        { name: 'b', gates: [gate(1), gate(900)] },
      ],
      policy: { integration: { gates: [gate(1000)] } },
    };
    expect(problemsOf(document).sort()).toEqual([
      ['gate-too-long', 'items[0].gates[0].timeoutSeconds'],
      ['gate-too-long', 'items[1].gates[1].timeoutSeconds'],
      ['gate-too-long', 'policy.integration.gates[0].timeoutSeconds'],
    ]);
  });

  it('may have gates in containers of up to 36 hours, by isolation: strict as well', () => {
    const inContainer = (seconds: number) => ({ ...gate(seconds), runtime: 'container', image: 'i' });
    const items = [{ name: 'a' }];
    expect(problemsOf({ gates: [inContainer(MAX_BUILD_SECONDS)], items })).toEqual([]);
    const refused = [['gate-too-long', 'gates[0].timeoutSeconds']];
    expect(problemsOf({ gates: [inContainer(MAX_BUILD_SECONDS + 1)], items })).toEqual(refused);
    const strict = { gates: [{ ...gate(900), image: 'i' }], items, policy: { isolation: 'strict' } };
    expect(problemsOf(strict)).toEqual([]);
  });

  it('may have gates that run elsewhere, for as long as a run can take', () => {
    const gates = [{ ...gate(2_000_000), runtime: 'ci-service' }];
    expect(problemsOf({ gates, items: [{ name: 'a' }] })).toEqual([]);
  });

  it('names a gate of the plan once, where it stands, however many items have it', () => {
    const document = { gates: [gate(1), gate(900)], items: [{ name: 'a' }, { name: 'b' }] };
    expect(problemsOf(document)).toEqual([['gate-too-long', 'gates[1].timeoutSeconds']]);
    expect(() => load(document)).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ file: 'plan.json', line: 13 })] }),
    );
  });

  it('may have a gate that nothing would run, however long', () => {
    const document = { gates: [gate(900)], items: [{ name: 'a', gates: [gate(1)] }] };
    expect(problemsOf(document)).toEqual([]);
    const woven = { ...document, policy: { integration: { gates: ['g900'] } } };
    expect(problemsOf(woven)).toEqual([['gate-too-long', 'gates[0].timeoutSeconds']]);
  });

  it.each([
    '/srv/r',
    '../r',
    'git@host:r.git',
    'ssh://git@host/r.git',
    'http://host/r.git',
    'https://t@host/r',
  ])('is refused where its repository is %s', (repository) => {
    const document = { repository, gates: [gate(1)], items: [{ name: 'a' }] };
    expect(problemsOf(document)).toEqual([['repository-url', 'repository']]);
  });

  it('is refused when it has more items than a run can have', () => {
    const items = Array.from({ length: MAX_ITEMS + 1 }, (_, k) => ({ name: `i${k}` }));
    expect(problemsOf({ gates: [gate(1)], items })).toEqual([['too-many-items', 'items']]);
  });
});
