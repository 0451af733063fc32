import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover } from '../../lib/discover/discover';
import { testRepositories } from '../support/repository';
import { notesOf, refusalOf } from './discovered';

const create = testRepositories();

/** The gates, as `name: command`, that the files of the target suggest. */
async function gatesOf(files: Record<string, string>): Promise<string[]> {
  const repo = create();
  repo.commit(files);
  const { gates } = await discover(repo.path, {});
  return gates.map(({ name, run }) => `${name}: ${run}`);
}

const manifest = (scripts: Record<string, string>, more: Record<string, unknown> = {}) =>
  JSON.stringify({ scripts, ...more });

describe('the gates of a repository', () => {
  const scripts = { build: 'x', test: 'jest', typecheck: 'tsc', lint: 'biome' };

  it.each([
    ['package-lock.json', 'npm ci && npm run'],
    ['npm-shrinkwrap.json', 'npm ci && npm run'],
    ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile && pnpm run'],
    ['yarn.lock', 'yarn install --frozen-lockfile && yarn run'],
  ])('are lint, typecheck and test of package.json, run as %s says', async (lock, run) => {
    expect(await gatesOf({ 'package.json': manifest(scripts), [lock]: '' })).toEqual([
      `lint: ${run} lint`,
      `typecheck: ${run} typecheck`,
      `test: ${run} test`,
    ]);
  });

  it('install without a lock file only what there is to install', async () => {
    const test = manifest({ test: 'node --test' });
    expect(await gatesOf({ 'package.json': test })).toEqual(['test: npm run test']);
    const needy = manifest({ test: 'jest' }, { devDependencies: { jest: '*' } });
    expect(await gatesOf({ 'package.json': needy })).toEqual([
      'test: npm install --no-package-lock && npm run test',
    ]);
    const berry = { 'package.json': test, 'yarn.lock': '', '.yarnrc.yml': '' };
    expect(await gatesOf(berry)).toEqual(['test: yarn install --immutable && yarn run test']);
  });

  it('are not what npm init wrote, nor what cannot be read', async () => {
    const test = 'echo "Error: no test specified" && exit 1';
    expect(await gatesOf({ 'package.json': manifest({ test, lint: '' }) })).toEqual([]);
    expect(await gatesOf({ 'package.json': '{"scripts": ' })).toEqual([]);
    expect(await gatesOf({ 'package.json': '[null]' })).toEqual([]);
    expect(await gatesOf({ 'package.json': '{"scripts":{"test":1}}' })).toEqual([]);
  });

  it.each([
    ['broken off', '{"scripts": ', 'no gates from package.json: '],
    [
      'in UTF-16',
      Buffer.from('\ufeff{"scripts":{"test":"x"}}', 'utf16le'),
      'no gates from package.json: it is not UTF-8',
    ],
  ])('are warned of where package.json cannot be read: %s', async (_, content, said) => {
    const repo = create();
    writeFileSync(join(repo.path, 'package.json'), content);
    repo.commit({});
    const discovery = await discover(repo.path, {});
    expect(discovery.notes).toContainEqual({
      event: 'unreadable',
      message: expect.stringContaining(said),
      warn: true,
    });
    expect(discovery.gates).toEqual([]);
  });

  it('are the rules of a makefile, not its variables, phony lists or commands', async () => {
    const makefile = [
      'lint := x',
      'check ::= y',
      '.PHONY: check',
      'build \\',
      'test: all # test',
      '\tcheck: no',
      '',
    ];
    expect(await gatesOf({ Makefile: makefile.join('\n') })).toEqual(['test: make test']);
    expect(await gatesOf({ makefile: 'lint check:\n\ttrue\n', Makefile: 'test:\n\ttrue\n' })).toEqual([
      'lint: make lint',
      'check: make check',
    ]);
    expect(await gatesOf({ 'docs/Makefile': 'test:\n\ttrue\n' })).toEqual([]);
  });

  it('are not what a makefile defines or sets for a target, nor does a long line take long', async () => {
    const makefile = [
      'define script',
      'lint:',
      'endef',
      'test: export MODE := fast',
      'check:A=1',
      `all: ${'a'.repeat(100_000)}`,
      ...Array.from({ length: 20_000 }, () => 'define again'),
    ];
    expect(await gatesOf({ Makefile: makefile.join('\n') })).toEqual([]);
    expect(await gatesOf({ Makefile: 'test: A=1\ntest: export all\r\n\tx\r\n' })).toEqual([
      'test: make test',
    ]);
  });

  it.each([
    ['Cargo.toml', '[package]', ['test: cargo test']],
    ['go.mod', 'module x', ['test: go test ./...']],
    ['pytest.ini', '', ['test: pytest']],
    ['pyproject.toml', '[tool.pytest.ini_options]', ['test: pytest']],
    ['pyproject.toml', '[tool.black]', []],
  ])('are those of %s with %j', async (file, content, gates) => {
    expect(await gatesOf({ [file]: content })).toEqual(gates);
  });

  it('of several tools are all there, with names of their own', async () => {
    const files = {
      'package.json': manifest({ test: 'jest' }),
      Makefile: 'test:\n\ttrue\n',
      'Cargo.toml': '',
    };
    expect(await gatesOf(files)).toEqual([
      'test: npm run test',
      'make-test: make test',
      'cargo-test: cargo test',
    ]);
  });

  it('are read from the target, whatever is checked out, and said', async () => {
    const repo = create();
    repo.commit({ Makefile: 'test:\n\ttrue\n' });
    repo.git('checkout', '-q', '-b', 'a');
    repo.commit({ Makefile: 'lint:\n\ttrue\n', 'go.mod': '' });
    const discovery = await discover(repo.path, {});
    expect(discovery.gates).toEqual([{ name: 'test', run: 'make test' }]);
    expect(notesOf(discovery, 'gate')).toEqual(['gate test, from Makefile: make test']);
    expect(notesOf(discovery, 'ungated')).toEqual([]);
  });

  it('are missed with a warning where there are none', async () => {
    const { notes, gates } = await discover(create().path, {});
    expect(gates).toEqual([]);
    expect(notes.filter(({ warn }) => warn).map(({ event }) => event)).toEqual(['ungated']);
  });

  it('are those given instead, in their order; a command may hold an equals sign', async () => {
    const repo = create();
    repo.commit({ Makefile: 'test:\n\ttrue\n' });
    const { gates } = await discover(repo.path, { gate: ['unit=A=1 make test', 'lint=x'] });
    expect(gates).toEqual([
      { name: 'unit', run: 'A=1 make test' },
      { name: 'lint', run: 'x' },
    ]);
  });

  it('that are given wrongly are refused together', async () => {
    const problems = await refusalOf(create(), { gate: ['make test', '=x', 'a= ', 'b=1', 'b=2'] });
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['bad-gate', '--gate "make test": there is no `=` between name and command'],
      ['bad-gate', '--gate "=x": a name has 1 to 255 characters before the `=`'],
      ['bad-gate', '--gate "a= ": there is no command after the `=`'],
      ['duplicate-gate', '--gate "b=2": there is a gate of that name already'],
    ]);
  });
});
