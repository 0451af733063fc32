import { type Clock, type Config, withGlobal } from '@sinonjs/fake-timers';
import { expect } from 'expect';
import { fn, spyOn } from 'jest-mock';

/**
 * The tests of some specs, run again and again in one process, once for each mutant: as much of jest as they use. What
 * a mutant changes is chosen by `__stryker__.activeMutant`, as Stryker's instrumenter has written it into the code.
 */
interface Test {
  readonly name: string;
  readonly run: () => unknown;
  readonly groups: readonly Group[];
}
interface Group {
  readonly name: string;
  readonly hooks: Record<'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll', (() => unknown)[]>;
}
interface Hits {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: {
    readonly static: Readonly<Record<string, number>>;
    readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

/** `loaded`: it takes effect only when its file is loaded. */
type Outcome = 'killed' | 'survived' | 'not reached' | 'endless' | 'loaded';

const hits: Hits = {};
const tests: Test[] = [];
let inside: readonly Group[] = [];

type Body = (...args: never[]) => unknown;
/** `it.each`, `describe.each`: one for each case. */
const each =
  (define: (name: string, body: () => unknown) => void) =>
  (cases: readonly unknown[]) =>
  (name: string, body: Body) => {
    for (const [k, one] of cases.entries())
      define(`${name} (${k})`, () =>
        (body as (...all: unknown[]) => unknown)(...(Array.isArray(one) ? one : [one])),
      );
  };
const describe = (name: string, body: () => unknown) => {
  const outside = inside;
  inside = [...inside, { name, hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] } }];
  body();
  inside = outside;
};
const it = (name: string, run: () => unknown) => {
  tests.push({ name: [...inside.map((group) => group.name), name].join(' '), run, groups: inside });
};
const hook = (kind: keyof Group['hooks']) => (run: () => unknown) =>
  void inside.at(-1)?.hooks[kind].push(run);

// Not the global object itself: as in jest, what is imported from node:timers stays as it is.
const timers = withGlobal(new Proxy(globalThis, { get: (all, name) => Reflect.get(all, name) }));
let clock: Clock | undefined;
const jest = {
  ...{ fn, spyOn, setTimeout() {} },
  useFakeTimers({ now = Date.now(), doNotFake = [] }: { now?: number; doNotFake?: readonly string[] } = {}) {
    const toFake = Object.keys(timers.timers).filter((name) => !doNotFake.includes(name));
    clock = timers.install({ now, toFake: toFake as NonNullable<Config['toFake']> });
  },
  useRealTimers: () => clock?.uninstall(),
  setSystemTime: (now: number) => clock?.setSystemTime(now),
  getTimerCount: () => clock?.countTimers(),
  advanceTimersToNextTimer: () => clock?.next(),
  advanceTimersByTimeAsync: (ms: number) => clock?.tickAsync(ms),
};
Object.assign(globalThis, {
  ...{ __stryker__: hits, expect, jest },
  describe: Object.assign(describe, { each: each(describe) }),
  ...{ it: Object.assign(it, { each: each(it) }), test: Object.assign(it, { each: each(it) }) },
  ...{ beforeAll: hook('beforeAll'), beforeEach: hook('beforeEach') },
  ...{ afterEach: hook('afterEach'), afterAll: hook('afterAll') },
});

/** What goes wrong where nobody waits for it fails the test as well. */
let crash: (error: unknown) => void = () => {};
for (const kind of ['unhandledRejection', 'uncaughtException']) process.on(kind, (error) => crash(error));

async function runTest(test: Test): Promise<void> {
  const crashed = new Promise<never>((_, reject) => {
    crash = reject;
  });
  await Promise.race([runAlone(test), crashed]);
}

async function runAlone({ run, groups }: Test): Promise<void> {
  const hooks = (kind: keyof Group['hooks']) => groups.flatMap((group) => group.hooks[kind]);
  for (const before of [...hooks('beforeAll'), ...hooks('beforeEach')]) await before();
  try {
    await run();
  } finally {
    for (const after of [...hooks('afterEach'), ...hooks('afterAll')]) await after();
  }
}

/** Where a mutant makes a loop go on for ever, it is entered more often than this many times what is usual. */
const HITS_AT_MOST = 100;

/** What the tests come near where nothing is mutated, and how long each takes, in ms. */
export interface Seen {
  readonly coverage: NonNullable<Hits['mutantCoverage']>;
  readonly ms: readonly number[];
}

/**
 * @param heard called before each test
 * @throws Error where one does not pass
 */
export async function see(heard: (test: string) => void): Promise<Seen> {
  const ms: number[] = [];
  for (const [k, test] of tests.entries()) {
    heard(test.name);
    hits.currentTestId = String(k);
    const before = performance.now();
    try {
      await runTest(test);
    } catch (cause) {
      throw new Error(`without a mutant: ${test.name}`, { cause });
    }
    ms[k] = performance.now() - before;
  }
  hits.currentTestId = undefined;
  return { coverage: hits.mutantCoverage ?? { static: {}, perTest: {} }, ms };
}

/** Tests that take longer are about size and time, and are not asked. */
const LONGEST_MS = 10_000;

/**
 * @param mutants ids, in order
 * @param tell called before each test, with the mutant that it runs on and what the test takes without one, and after
 *   each mutant, with its outcome
 */
export async function judge(
  mutants: readonly string[],
  { coverage, ms }: Seen,
  tell: (id: string, told: { readonly ms: number } | { readonly outcome: Outcome }) => void,
): Promise<void> {
  const covered = coverage.perTest;
  for (const id of mutants) {
    const near = [...tests.keys()]
      .filter((k) => covered[k]?.[id] !== undefined && ms[k]! <= LONGEST_MS)
      .sort((a, b) => ms[a]! - ms[b]!);
    const isLoaded = coverage.static[id] !== undefined;
    let outcome: Outcome = near.length > 0 ? 'survived' : isLoaded ? 'loaded' : 'not reached';
    for (const k of near) {
      tell(id, { ms: ms[k]! });
      hits.activeMutant = id;
      hits.hitCount = 0;
      hits.hitLimit = HITS_AT_MOST * covered[k]![id]!;
      try {
        await runTest(tests[k]!);
      } catch (error) {
        outcome = String(error).includes('Hit count limit') ? 'endless' : 'killed';
        break;
      }
    }
    hits.activeMutant = undefined;
    tell(id, { outcome });
  }
}
