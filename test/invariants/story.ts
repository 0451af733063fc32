import fc from 'fast-check';
import type { PlanDocument } from '../support/cli';
import type { Asked } from './evidence';

/** How a gate behaves; `flaky`: it fails once, then passes. */
export type Kind = 'pass' | 'fail' | 'timeout' | 'flaky';

export interface StoryItem {
  /** Numbers of items before it. */
  readonly deps: readonly number[];
  /** Its branch starts from that of its first dependency, not from the target. */
  readonly isStacked: boolean;
  /** `mends`: it takes away what breaks the target; `nothing`: it is an empty commit; `present`: it is the target. */
  readonly adds: 'change' | 'mends' | 'nothing' | 'present';
  readonly check: Kind;
  /** Of its optional gate, where it has one. */
  readonly hint: Kind | undefined;
  /** It writes a file that others write, too. */
  readonly clashes: boolean;
  /** Somebody answers for its gate from the start. */
  readonly isOverridden: boolean;
}

/** A plan, and all that goes wrong. */
export interface Story {
  readonly items: readonly StoryItem[];
  /** Verification fails where all of these are there. */
  readonly breaks: readonly number[];
  /** Verification of the target as it is. */
  readonly base: 'fine' | 'broken' | 'flaky';
  readonly verify: boolean;
  readonly strategy: Asked['strategy'];
  readonly lanes: number;
  readonly speculation: 'off' | 'deps';
  readonly failFast: boolean;
  readonly maxAttempts: number;
  readonly maxRetries: number;
  readonly maxProbes: number;
  /** What somebody else puts on the target: a commit of his own, or the number of an item. */
  readonly intruders: readonly ('commit' | number)[];
  /** Items whose branch moves or vanishes. */
  readonly moves: readonly { readonly item: number; readonly to: 'new commit' | 'nothing' }[];
  /** Items for whose gate somebody answers at some time. */
  readonly overrides: readonly number[];
  readonly isCancelled: boolean;
}

export const nameOf = (item: number): string => `i${item}`;

/** A story that fast-check makes smaller well; few of its faults are there at once. */
export function stories(limits: {
  readonly items: number;
  readonly kinds: readonly Kind[];
}): fc.Arbitrary<Story> {
  const rarely = <T>(value: T, otherwise: T, weight = 6) =>
    fc.oneof({ weight, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: fc.constant(value) });
  const mostly = <T>(usual: T, others: readonly T[]) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(usual) },
      { weight: 2, arbitrary: fc.constantFrom(usual, ...others) },
    );
  return fc.integer({ min: 1, max: limits.items }).chain((size) => {
    const numbers = [...Array(size).keys()];
    const item = (at: number) =>
      fc.record({
        deps: fc.subarray(numbers.slice(0, at), { maxLength: Math.min(at, 2) }),
        isStacked: fc.boolean(),
        adds: mostly<StoryItem['adds']>('change', ['mends', 'nothing', 'present']),
        check: mostly<Kind>('pass', limits.kinds),
        hint: mostly<Kind | undefined>(undefined, limits.kinds),
        clashes: rarely(true, false),
        isOverridden: rarely(true, false),
      });
    return fc.record({
      items: fc.tuple(...numbers.map(item)),
      breaks: fc.oneof(fc.constant([]), fc.subarray(numbers, { maxLength: Math.min(size, 2) })),
      base: mostly<Story['base']>('fine', ['broken', 'flaky']),
      verify: rarely(false, true),
      strategy: fc.constantFrom('merge', 'squash', 'rebase'),
      lanes: fc.integer({ min: 1, max: 3 }),
      speculation: fc.constantFrom('off', 'deps'),
      failFast: rarely(true, false),
      maxAttempts: fc.integer({ min: 1, max: 2 }),
      maxRetries: fc.integer({ min: 0, max: 2 }),
      maxProbes: fc.constantFrom(0, 2, 64, 64, 64),
      intruders: fc.oneof(
        fc.constant([]),
        fc.array(fc.oneof(fc.constant('commit' as const), fc.constantFrom(...numbers)), { maxLength: 2 }),
      ),
      moves: fc.oneof(
        fc.constant([]),
        fc.array(
          fc.record({ item: fc.constantFrom(...numbers), to: fc.constantFrom('new commit', 'nothing') }),
          { maxLength: 1 },
        ),
      ),
      overrides: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.subarray(numbers, { maxLength: 1 }) },
      ),
      isCancelled: rarely(true, false),
    });
  });
}

export const USER = 'lead@example.com';
export const REASON = 'known to fail';

/** What a branch changes: content by path, null for a file that it removes. */
export function changesOf({ items }: Story, item: number): Record<string, string | null> {
  const { adds, check, hint, clashes } = items[item]!;
  const name = nameOf(item);
  if (adds === 'nothing' || adds === 'present') return {};
  return {
    [`items/${name}`]: `${name}\n`,
    [`old/${name}`]: null,
    ...(check !== 'pass' && { [`says/${name}.check`]: check }),
    ...(hint !== undefined && hint !== 'pass' && { [`says/${name}.hint`]: hint }),
    ...(clashes && { shared: `${name}\n` }),
    ...(adds === 'mends' && { broken: null }),
  };
}

/** What the target has before anything else. */
export function baseFiles({ items, base }: Story): Record<string, string> {
  const old = Object.fromEntries(items.map((_, item) => [`old/${nameOf(item)}`, 'old\n']));
  return { ...old, README: 'base\n', ...(base !== 'fine' && { broken: base }) };
}

/**
 * The plan that is written for a story. Gates read from the files what they are to do.
 * @param scratch a folder in which flaky gates remember that they have failed once
 */
export function documentOf(story: Story, scratch: string): PlanDocument {
  const { maxAttempts, maxRetries, maxProbes, breaks } = story;
  const says = (path: string, id: string) =>
    `case "$(cat ${path} 2>/dev/null)" in flaky) mkdir '${scratch}/${id}' 2>/dev/null && exit 1;; timeout) sleep 60;; '') ;; *) exit 1;; esac; true`;
  const gate = (name: string, run: string) => ({ name, run, timeoutSeconds: 1 });
  const both = breaks.map((item) => `[ -e items/${nameOf(item)} ]`).join(' && ');
  const whole = `${says('broken', 'whole')}${breaks.length === 0 ? '' : `; if ${both}; then exit 1; fi`}`;
  const hints = story.items.some(({ hint }) => hint !== undefined) ? ['hint'] : [];
  const named = ['check', ...hints, ...(story.verify ? ['whole'] : [])];
  const retries = Object.fromEntries(named.map((name) => [name, { maxAttempts }]));
  const quick = gate('whole', whole);
  return {
    gates: [gate('check', 'true')],
    policy: {
      maxWorkers: story.lanes,
      mergeStrategy: story.strategy,
      speculation: story.speculation,
      failFast: story.failFast,
      optionalGates: hints,
      retries,
      overrides: { adminGreen: [USER] },
      // Long enough for a busy machine: only those that are to take too long do.
      integration: story.verify
        ? { gates: [{ ...quick, timeoutSeconds: 60 }], maxRetries, maxProbes }
        : 'none',
    },
    items: story.items.map(({ deps, check, hint }, item) => ({
      name: nameOf(item),
      deps: deps.map(nameOf),
      gates: [
        {
          ...gate('check', says(`says/${nameOf(item)}.check`, `${nameOf(item)}.check`)),
          timeoutSeconds: check === 'timeout' ? 1 : 60,
        },
        ...(hint === undefined
          ? []
          : [
              {
                ...gate('hint', says(`says/${nameOf(item)}.hint`, `${nameOf(item)}.hint`)),
                timeoutSeconds: hint === 'timeout' ? 1 : 60,
              },
            ]),
      ],
    })),
  };
}

/** What people had asked for, as the checks know it. @param heads by item */
export function askedOf(story: Story, base: string, heads: readonly string[]): Asked {
  const kinds = (said: string | undefined): Kind => (said === undefined ? 'pass' : (said as Kind));
  return {
    base,
    items: story.items.map(({ deps, hint }, item) => ({
      name: nameOf(item),
      deps: deps.map(nameOf),
      head: heads[item]!,
      gates: [
        { name: 'check', blocking: true },
        ...(hint === undefined ? [] : [{ name: 'hint', blocking: false }]),
      ],
    })),
    strategy: story.strategy,
    maxAttempts: story.maxAttempts,
    // Without verification there is nothing to set it with.
    maxRetries: story.verify ? story.maxRetries : undefined,
    failFast: story.failFast,
    canSearch: story.verify && story.maxProbes > 60,
    moved: story.moves.map(({ item }) => nameOf(item)),
    conflicting: story.items.flatMap(({ clashes }, item) => (clashes ? [nameOf(item)] : [])),
    allowed: [USER],
    integration: story.verify ? ['whole'] : [],
    truth(item, gate, files) {
      if (item !== undefined) return kinds(files.get(`says/${item}.${gate}`));
      const all = story.breaks.map((at) => `items/${nameOf(at)}`);
      if (all.length > 0 && all.every((path) => files.has(path))) return 'fail';
      const broken = files.get('broken');
      return broken === 'flaky' ? 'flaky' : broken === undefined ? 'pass' : 'fail';
    },
  };
}
