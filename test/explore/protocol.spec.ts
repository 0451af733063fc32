import { UNTROUBLED, type World, workloadOf } from '../run/world';
import { explore } from './explore';
import type { Faults, Flaw } from './model';

const ONE = [[]];
const CHAIN = [[], [0]];
const APART = [[], []];

/**
 * By items and their dependencies, lanes, how often each fault may happen, and whether each call takes in its own inbox
 * alone.
 */
type Size = readonly [
  deps: readonly (readonly number[])[],
  lanes: number,
  faults: Partial<Faults>,
  alone?: 'alone',
];

const SMALL: readonly Size[] = [
  [ONE, 1, { kills: 2 }],
  [ONE, 1, { kills: 1, cancels: 1 }],
  [ONE, 1, { kills: 1, takeovers: 1 }],
  [ONE, 1, { cancels: 1, targetMoves: 1 }],
  [ONE, 1, { cancels: 1, takeovers: 1 }],
  [CHAIN, 1, { kills: 1, failures: 1 }],
  [ONE, 2, {}],
  [ONE, 2, { failures: 1 }],
  [ONE, 2, {}, 'alone'],
];
/** Minutes each: npm run explore. */
const LARGE: readonly Size[] = [
  [ONE, 1, { kills: 1, cancels: 1, takeovers: 1 }],
  [ONE, 2, { targetMoves: 1 }],
  [ONE, 2, { cancels: 1 }],
  [ONE, 2, { kills: 1 }],
  [APART, 2, {}],
  [ONE, 2, { kills: 1, failures: 1 }],
  [APART, 2, { kills: 1 }],
  [ONE, 2, { kills: 1 }, 'alone'],
  [APART, 2, {}, 'alone'],
  [ONE, 3, {}],
];
const ALL = process.env.LEX_PR_TEST_EXPLORE === 'all' ? [...SMALL, ...LARGE] : SMALL;
const SECONDS = 1_200;

const FLAWS: readonly (readonly [Flaw, string, Size])[] = [
  ['answers nobody else', 'waits for ever', [ONE, 2, {}]],
  ['parks without looking again', 'waits for ever', [ONE, 2, {}]],
  ['looks at nobody again', 'waits for ever', [ONE, 2, {}]],
  ['answers others in its first try alone', 'waits for ever', [ONE, 2, { kills: 1 }]],
  ['commits over others', '', [ONE, 2, {}]],
  ['cancels without the fence', 'after the cancel was acknowledged', [ONE, 1, { cancels: 1 }]],
  ['lands without looking', '', [ONE, 1, { kills: 2, takeovers: 1 }]],
];

const named = ([deps, lanes, faults, alone]: Size) => ({
  name: `${deps.length} items, ${lanes} lanes, ${JSON.stringify(faults)}${alone ? `, ${alone}` : ''}`,
  run: (flaw?: Flaw) => {
    const world: World = {
      deps,
      gates: deps.map(() => [{ failures: 0, blocking: true }]),
      ...UNTROUBLED,
      ...{ lanes, batchSize: 50, execute: true, engine: 'aws' },
    };
    const none = { kills: 0, takeovers: 0, cancels: 0, targetMoves: 0, failures: 0 };
    return explore(workloadOf(world), lanes, { ...none, ...faults }, alone !== undefined, flaw);
  },
});

describe('every state of the protocol that can be reached', () => {
  it.each(ALL.map(named))(
    'is without a fault and leads to an end: $name',
    ({ name, run }) => {
      const { wrong, ...size } = run();
      expect(wrong.slice(0, 1)).toEqual([]);
      expect(size.ends).toBeGreaterThan(0);
      if (ALL.length > SMALL.length) process.stderr.write(`${name}: ${JSON.stringify(size)}\n`);
    },
    SECONDS * 1000,
  );
});

describe('a protocol that', () => {
  it.each(FLAWS)('%s is found out', (flaw, words, size) => {
    const [first = ''] = named(size).run(flaw).wrong;
    expect(first).not.toBe('');
    expect(first).toContain(words);
  });
});
