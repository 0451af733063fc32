import { join } from 'node:path';
import type { PlanDocument } from '../support/cli';
import type { TestRepository } from '../support/repository';

/** A plan for a repository that both engines are given, each its own copy. */
export interface Scenario {
  readonly name: string;
  readonly fill: (repo: TestRepository) => void;
  readonly plan: (repo: TestRepository) => PlanDocument;
  /** Default: true. */
  readonly execute?: boolean;
  readonly gatesOnly?: boolean;
}

const NAMES = ['a', 'b', 'c'];
const CHAIN = NAMES.map((name, k) => ({ name, deps: k === 0 ? [] : [NAMES[k - 1]!] }));
const chain = (repo: TestRepository) =>
  repo.branches(NAMES.map((name, k) => (k === 0 ? { name } : { name, from: NAMES[k - 1]! })));
const apart = (repo: TestRepository) => repo.branches(NAMES.map((name) => ({ name })));
const APART = NAMES.map((name) => ({ name }));

/** A stack of which the first has two commits and the last another author, on a target that went on. */
function authored(repo: TestRepository): void {
  repo.branch('a', { a: '1\n' }, 'main', 'Add a');
  repo.branch('a', { a: '2\n' }, 'a', 'Change a\n\nBecause.');
  repo.branch('b', { b: '1\n' }, 'a', 'Add b\n\nSigned-off-by: Tester <tester@example.com>');
  repo.git('config', 'user.name', 'Ödön');
  repo.branch('c', { c: '1\n' }, 'b', 'Add c');
  repo.git('config', 'user.name', 'Tester');
  repo.commit({ meanwhile: '1\n' });
}

/** Git in the repository itself, as a gate calls it to meddle with the run. */
const git = (repo: TestRepository, words: string) =>
  `git -C '${repo.path}' -c user.name=Other -c user.email=other@example.com ${words}`;
/** Fails so many times, then passes. */
const failing = (repo: TestRepository, times: number) => {
  const file = join(repo.root, 'tries');
  return `echo x >> '${file}'; test "$(wc -l < '${file}')" -gt ${times}`;
};

export const SCENARIOS: readonly Scenario[] = [
  ...(['merge', 'squash', 'rebase'] as const).map((mergeStrategy) => ({
    name: `a stack by ${mergeStrategy}`,
    fill: authored,
    plan: () => ({ items: CHAIN, policy: { mergeStrategy } }),
  })),
  {
    name: 'a stack that cannot be linear',
    fill(repo) {
      repo.branch('a', { shared: 'one\n' });
      repo.branch('b', { shared: 'two\n' });
      repo.git('checkout', '-q', '--detach', 'b');
      repo.git('merge', '-q', '-s', 'ours', '--no-edit', 'a');
      repo.git('branch', 'c');
      repo.git('checkout', '-q', 'main');
    },
    plan: () => ({
      items: [{ name: 'a' }, { name: 'c', deps: ['a'] }],
      policy: { mergeStrategy: 'rebase' },
    }),
  },
  {
    name: 'a failing gate in a stack, beside one that passes',
    fill(repo) {
      chain(repo);
      repo.branch('d', { d: '1\n' });
    },
    plan: () => ({
      items: [...CHAIN, { name: 'd' }],
      gates: [{ name: 'test', run: 'echo no; ! test -e b' }],
    }),
  },
  {
    name: 'two that fail together only, with one on top, and one beside',
    fill(repo) {
      apart(repo);
      repo.branch('d', { d: '1\n' }, 'c');
    },
    plan: () => ({
      items: [...APART, { name: 'd', deps: ['c'] }],
      gates: [{ name: 'test', run: '! { test -e a && test -e c; }' }],
    }),
  },
  {
    name: 'a stack whose gates run ahead',
    fill: chain,
    plan: () => ({ items: CHAIN, policy: { speculation: 'deps', maxWorkers: 3 } }),
  },
  {
    name: 'a target that fails by itself',
    fill: apart,
    plan: () => ({
      items: APART,
      gates: [{ name: 'test', run: 'true' }],
      policy: { integration: { gates: [{ name: 'whole', run: 'exit 7' }] } },
    }),
  },
  {
    name: 'two that conflict, with one on top of each',
    fill(repo) {
      repo.branch('a', { shared: 'one\n' });
      repo.branch('b', { shared: 'two\n' });
      repo.branch('a2', { a2: '1\n' }, 'a');
      repo.branch('b2', { b2: '1\n' }, 'b');
    },
    plan: () => ({
      items: [{ name: 'a' }, { name: 'b' }, { name: 'a2', deps: ['a'] }, { name: 'b2', deps: ['b'] }],
    }),
  },
  {
    name: 'a diamond, an item merged before, an empty one',
    fill(repo) {
      repo.branches([
        { name: 'a' },
        { name: 'left', from: 'a' },
        { name: 'right', from: 'a' },
        { name: 'top', from: 'left' },
      ]);
      repo.branch('before', { before: '1\n' });
      repo.git('merge', '-q', '--no-edit', 'before');
      repo.branch('empty', {}, 'a');
    },
    plan: () => ({
      items: [
        { name: 'a' },
        { name: 'left', deps: ['a'] },
        { name: 'right', deps: ['a'] },
        { name: 'top', deps: ['left', 'right'] },
        { name: 'before' },
        { name: 'empty', deps: ['a'] },
      ],
    }),
  },
  {
    name: 'retries: one that flakes, one that goes on failing',
    fill: apart,
    plan: (repo) => ({
      items: [
        { name: 'a', gates: [{ name: 'flaky', run: failing(repo, 1), cache: 'off' }] },
        { name: 'b', gates: [{ name: 'bad', run: 'exit 3' }] },
      ],
      policy: {
        integration: 'none',
        retries: { flaky: { maxAttempts: 3, backoffSeconds: 0.5 }, bad: { maxAttempts: 2 } },
      },
    }),
  },
  {
    name: 'optional gates, one of which blocks',
    fill: apart,
    plan: () => ({
      items: [
        {
          name: 'a',
          gates: [
            { name: 'test', run: 'true' },
            { name: 'style', run: 'exit 1' },
          ],
        },
        {
          name: 'b',
          gates: [
            { name: 'test', run: 'true' },
            { name: 'licence', run: 'exit 1' },
          ],
        },
      ],
      policy: { optionalGates: ['style', 'licence'], blockOn: ['licence'] },
    }),
  },
  {
    name: 'a gate that takes too long, one that a signal ends, one that is not there',
    fill: apart,
    plan: () => ({
      items: [
        { name: 'a', gates: [{ name: 'slow', run: 'sleep 60', timeoutSeconds: 1 }] },
        { name: 'b', gates: [{ name: 'dies', run: 'kill -9 $$' }] },
        { name: 'c', gates: [{ name: 'missing', run: 'no-such-command' }] },
      ],
    }),
  },
  {
    name: 'two that pass alone and fail together',
    fill: apart,
    plan: () => ({ items: APART, gates: [{ name: 'not both', run: '! { test -e a && test -e b; }' }] }),
  },
  {
    name: 'a gate of the woven commit alone',
    fill: apart,
    plan: () => ({
      items: APART,
      gates: [{ name: 'test', run: 'true' }],
      policy: { integration: { gates: ['test', { name: 'whole', run: 'ls; exit 1' }] } },
    }),
  },
  {
    name: 'gates that may need the history, and read what they are told',
    fill: chain,
    plan: () => ({
      items: CHAIN,
      gates: [
        { name: 'tree', run: 'test "$(git rev-list --count HEAD)" = 1 && test -z "$LEX_PR_ITEM"' },
        { name: 'commit', run: 'git log -1 --format=%s && test -n "$LEX_PR_ITEM"', cache: 'commit' },
      ],
    }),
  },
  {
    name: 'items without gates',
    fill: chain,
    plan: () => ({ items: CHAIN, gates: [], policy: { ungated: 'allow' } }),
  },
  { name: 'gates only', fill: chain, plan: () => ({ items: CHAIN }), execute: false, gatesOnly: true },
  { name: 'a dry run', fill: chain, plan: () => ({ items: CHAIN }), execute: false },
  {
    name: 'a branch that moves while its gates run, with one on top and one beside',
    fill: (repo) => repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }, { name: 'c' }, { name: 'x' }]),
    plan: (repo) => ({
      items: [
        { name: 'a' },
        { name: 'b', deps: ['a'] },
        { name: 'c', gates: [{ name: 'test', run: git(repo, 'update-ref refs/heads/a x') }] },
      ],
      policy: { integration: 'none' },
    }),
  },
  {
    name: 'a target that moves while gates run',
    fill: (repo) => repo.branches([{ name: 'a' }, { name: 'theirs' }]),
    plan: (repo) => ({
      items: [{ name: 'a', gates: [{ name: 'test', run: git(repo, 'update-ref refs/heads/main theirs') }] }],
      gates: [{ name: 'verify', run: 'test -e a' }],
      policy: { integration: { gates: ['verify'] } },
    }),
  },
  { name: 'nothing at all', fill: () => {}, plan: () => ({ items: [] }) },
  ...[1, 2].map(random),
];

/** Twelve items with deps on each other, some of which conflict or fail. */
function random(seed: number): Scenario {
  let state = seed;
  // Numerical Recipes' linear congruential generator.
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const items = Array.from({ length: 12 }, (_, k) => ({
    name: `i${k}`,
    deps: [...new Set(Array.from({ length: k === 0 ? 0 : below(3) }, () => `i${below(k)}`))],
  }));
  const files = items.map(({ name }) => ({
    [`files/${name}`]: 'x\n',
    ...(below(4) === 0 && { shared: `${name}\n` }),
    ...(below(6) === 0 && { broken: 'x\n' }),
  }));
  return {
    name: `twelve items, made from ${seed}`,
    fill: (repo) => {
      for (const [k, { name, deps }] of items.entries()) repo.branch(name, files[k]!, deps[0]);
    },
    plan: () => ({
      items,
      gates: [
        { name: 'test', run: 'ls files; ! test -e broken' },
        { name: 'list', run: 'git ls-files' },
      ],
      policy: { mergeStrategy: seed % 2 === 0 ? 'squash' : 'merge', maxWorkers: 4 },
    }),
  };
}
