import type { Report, ReportItem } from '../../lib/report/report';
import { type Violation, violations } from './check';
import type { Evidence } from './evidence';
import { runStory } from './memory/run';
import type { Story, StoryItem } from './story';

beforeAll(() =>
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] }),
);
afterAll(() => jest.useRealTimers());

const plain: StoryItem = {
  deps: [],
  isStacked: false,
  adds: 'change',
  check: 'pass',
  hint: undefined,
  clashes: false,
  isOverridden: false,
};
/** One of each: merged, evicted, blocked, failed, with nothing to do, overridden, behind an optional gate. */
const story: Story = {
  items: [
    plain,
    { ...plain, hint: 'fail' },
    plain,
    { ...plain, deps: [2] },
    { ...plain, check: 'fail' },
    { ...plain, adds: 'present' },
    { ...plain, check: 'fail', isOverridden: true },
    { ...plain, check: 'flaky' },
  ],
  breaks: [0, 2],
  base: 'fine',
  verify: true,
  strategy: 'merge',
  lanes: 2,
  speculation: 'off',
  failFast: false,
  maxAttempts: 2,
  maxRetries: 2,
  maxProbes: 64,
  intruders: [],
  moves: [],
  overrides: [],
  isCancelled: false,
};

const change = (evidence: Evidence, name: string, to: Partial<ReportItem>): Evidence => ({
  ...evidence,
  report: {
    ...evidence.report,
    items: evidence.report.items.map((item) => (item.name === name ? { ...item, ...to } : item)),
  },
});
const report = (evidence: Evidence, to: Partial<Report>): Evidence => ({
  ...evidence,
  report: { ...evidence.report, ...to },
});
const itemOf = ({ report: { items } }: Evidence, name: string) => items.find((item) => item.name === name)!;
/** The last move of the target lands something else. */
const landed = (
  evidence: Evidence,
  commit: string,
  files: Record<string, string>,
  parents?: readonly string[],
): Evidence => {
  const { target, commits } = evidence;
  const last = target.at(-1)!;
  const made = {
    parents: parents ?? [target[0]!.commit],
    files: new Map(Object.entries(files)),
    message: commits(last.commit).message,
  };
  return {
    ...evidence,
    target: [...target.slice(0, -1), { ...last, commit }],
    commits: (id) => (id === commit ? made : commits(id)),
  };
};

/** By promise: what is done to the evidence of a run in which all is well, so that it shows that one to be broken. */
const BROKEN: Readonly<Record<number, (evidence: Evidence) => Evidence>> = {
  1: (evidence) => report(evidence, { integration: { ...evidence.report.integration!, gates: [] } }),
  2: (evidence) => {
    const { commit } = evidence.target.at(-1)!;
    const { parents, files } = evidence.commits(commit);
    return report(landed(evidence, 'other', { ...Object.fromEntries(files), README: 'gone' }, parents), {
      integration: { ...evidence.report.integration!, commit: 'other' },
    });
  },
  3: (evidence) => {
    const [first, last] = evidence.target;
    return { ...evidence, target: [first!, { ...last!, movedHeads: ['i0'] }] };
  },
  4: (evidence) => {
    const lost = { parents: [], files: new Map(), message: 'of somebody else' };
    const { commits, target } = evidence;
    return {
      ...evidence,
      target: [target[0]!, { commit: 'lost' }, target[1]!],
      commits: (id) => (id === 'lost' ? lost : commits(id)),
    };
  },
  5: (evidence) =>
    change(evidence, 'i0', { gates: [{ ...itemOf(evidence, 'i0').gates[0]!, status: 'skipped' }] }),
  6: (evidence) => change(evidence, 'i3', { path: ['i3', 'i0'], blockedBy: 'i0' }),
  7: (evidence) => change(evidence, 'i7', { gates: [{ ...itemOf(evidence, 'i7').gates[0]!, flaky: false }] }),
  8: (evidence) => ({
    ...evidence,
    asked: { ...evidence.asked, truth: (_, gate) => (gate === 'whole' ? 'pass' : 'flaky') },
  }),
  9: (evidence) => ({ ...evidence, fence: [] }),
  10: (evidence) => {
    const { commit } = evidence.target.at(-1)!;
    const { files, message } = evidence.commits(commit);
    const again = landed(evidence, 'again', Object.fromEntries(files), [commit]);
    const { commits } = again;
    return { ...again, commits: (id) => (id === 'again' ? { ...commits(id), message } : commits(id)) };
  },
  11: (evidence) => ({ ...evidence, cancelledAt: 1 }),
  12: (evidence) => ({ ...evidence, asked: { ...evidence.asked, allowed: ['somebody@example.com'] } }),
  13: (evidence) => change(evidence, 'i4', { reason: null }),
  14: (evidence) => change(evidence, 'i5', { status: 'failed', reason: 'conflict: in README' }),
};

describe('the checks', () => {
  let good: Evidence;
  beforeAll(async () => {
    good = await runStory(story, 'local', () => 0);
  });

  it('find nothing wrong with a run in which all is well', () => {
    expect(good.report.items.map(({ status }) => status)).toEqual([
      'merged',
      'merged',
      'failed',
      'blocked',
      'failed',
      'merged',
      'merged',
      'merged',
    ]);
    expect(good.target).toHaveLength(2);
    expect(violations(good)).toEqual([]);
  });

  it.each(Object.entries(BROKEN))('see promise %s broken', (promise, breaks) => {
    const broken = violations(breaks(good));
    expect(broken.map((violation: Violation) => violation.promise)).toContain(Number(promise));
  });
});
