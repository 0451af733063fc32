import { gatesOf } from '../../lib/plan/gates-of';
import { load, plan, problemsOf } from './plans';

const IMAGE = 'node:24';
const items = [{ name: 'a' }];
const withGate = (gate: object, policy: object = {}) =>
  plan({ items, gates: [{ name: 'test', run: 'true', ...gate }], policy });
const found = (text: string) => problemsOf(text).map(({ code, path }) => `${code} ${path}`);

describe('a gate in a container', () => {
  it('needs an image', () => {
    expect(found(withGate({ runtime: 'container', image: IMAGE }))).toEqual([]);
    expect(found(withGate({ runtime: 'container' }))).toEqual(['missing-image gates[0].image']);
  });

  it.each([
    'node',
    'node:24-slim',
    'docker.io/library/node:24',
    'localhost:5000/team/tools',
    `ghcr.io/a/b@sha256:${'0'.repeat(64)}`,
    `123456789012.dkr.ecr.eu-west-1.amazonaws.com/tools:1.0@sha256:${'0'.repeat(64)}`,
    'aws/codebuild/amazonlinux-x86_64-standard:5.0',
  ])('may have the image %s', (image) => {
    expect(found(withGate({ runtime: 'container', image }))).toEqual([]);
  });

  it.each([
    '',
    '-v',
    '--privileged',
    '/etc',
    'a b',
    'a\n--privileged',
    'a;b',
    '$(id)',
    'node:',
    'ä',
    `a${'b'.repeat(512)}`,
  ])('may not have the image %j', (image) => {
    expect(found(withGate({ runtime: 'container', image }))).toEqual(['invalid-value gates[0].image']);
  });
});

it('a gate of this machine may not have an image', () => {
  const refused = ['needless-image gates[0].image'];
  expect(found(withGate({ image: IMAGE }))).toEqual(refused);
  expect(found(withGate({ runtime: 'local', image: IMAGE }))).toEqual(refused);
});

describe('policy.isolation: strict', () => {
  const strict = { isolation: 'strict' };

  it('puts every gate in a container that does not say where it runs', () => {
    const gate = (name: string) => ({ name, run: 'true', image: `${name}:1` });
    const text = plan({
      gates: [gate('test')],
      items: [{ name: 'a' }, { name: 'b', gates: [gate('lint')] }],
      policy: { ...strict, integration: { gates: ['test', gate('e2e')] } },
    });
    const runtimes = [...gatesOf(load(text))].map(({ name, runtime, image }) => [name, runtime, image]);
    expect(runtimes.sort()).toEqual([
      ['e2e', 'container', 'e2e:1'],
      ['lint', 'container', 'lint:1'],
      ['test', 'container', 'test:1'],
    ]);
  });

  it('refuses each gate that is to run elsewhere, or has no image, at its field', () => {
    const text = plan({
      gates: [{ name: 'test', run: 'true', runtime: 'local' }],
      items: [{ name: 'a' }, { name: 'b', gates: [{ name: 'lint', run: 'true' }] }],
      policy: { ...strict, integration: { gates: ['test', { name: 'e2e', run: 'true' }] } },
    });
    expect(found(text)).toEqual([
      'isolation gates[0].runtime',
      'missing-image items[1].gates[0].image',
      'missing-image policy.integration.gates[1].image',
    ]);
  });

  it('is not the default', () => {
    expect([...gatesOf(load(withGate({})))].map(({ runtime }) => runtime)).toEqual(['local']);
  });
});
