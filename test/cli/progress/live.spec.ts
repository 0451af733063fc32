import { liveSink, type Screen } from '../../../lib/cli/progress/live';
import { plainStyle } from '../../../lib/cli/style';
import { view } from './sample';

/** A screen that notes what is done to it, and the lines written beside it. */
function setUp() {
  const calls: string[] = [];
  const screen: Screen = Object.assign((frame: string) => void calls.push(`draw ${frame}`), {
    clear: () => void calls.push('clear'),
    done: () => void calls.push('done'),
  });
  const stream = { columns: 80, rows: 24, write: (text: string) => calls.push(`write ${text}`) };
  return {
    calls,
    sink: liveSink(stream, screen, plainStyle),
    draws: () => calls.filter((c) => c.startsWith('draw')),
  };
}

describe('live progress', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('draws the first view at once, and a burst of changes together within 100 ms', () => {
    const { sink, draws } = setUp();
    sink.update(view());
    expect(draws()).toHaveLength(1);
    for (let done = 13; done < 30; done++)
      sink.update(view({ gates: { total: 40, done, running: 1, cached: 0 } }));
    expect(draws()).toHaveLength(1);
    jest.advanceTimersByTime(100);
    expect(draws()).toHaveLength(2);
    expect(draws()[1]).toContain('29/40 gates');
  });

  it('keeps the clocks going while something runs, without new views', () => {
    const { sink, draws } = setUp();
    sink.update(view());
    jest.advanceTimersByTime(10_000);
    expect(draws().at(-1)).toMatch(/1m 15s, about 1m 50s left/);
    expect(draws().at(-1)).toMatch(/22s {2}test {2}api/);
  });

  it('has no timer once nothing runs, and never more than one', () => {
    const { sink } = setUp();
    sink.update(view());
    sink.update(view());
    sink.write('a\n');
    expect(jest.getTimerCount()).toBe(1);
    sink.update(view({ lanes: [null, null] }));
    jest.advanceTimersByTime(200);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves failures and notes as lines above the view, and takes the view away before it writes', () => {
    const { sink, calls } = setUp();
    sink.update(view());
    jest.advanceTimersByTime(150);
    calls.length = 0;
    sink.event({
      kind: 'gate-end',
      item: 'api',
      gate: 'test',
      status: 'fail',
      ms: 1,
      cached: false,
      attempt: 1,
      lane: 0,
      active: 0,
    });
    sink.event({ kind: 'note', text: 'held back' });
    sink.write('log line\n');
    jest.advanceTimersByTime(100);
    expect(calls.filter((call) => !call.startsWith('draw'))).toEqual([
      'clear',
      'write gate test of api failed in 1ms, lane 0, 0 active\n',
      'clear',
      'write held back\n',
      'clear',
      'write log line\n',
    ]);
    expect(calls.at(-1)).toMatch(/^draw/);
  });

  it('writes no lines for what the view shows anyway', () => {
    const { sink, calls } = setUp();
    sink.event({ kind: 'gate-start', item: 'api', gate: 'test', attempt: 1, lane: 0, active: 1 });
    sink.event({
      kind: 'gate-end',
      item: 'api',
      gate: 'test',
      status: 'pass',
      ms: 1,
      cached: false,
      attempt: 1,
      lane: 0,
      active: 0,
    });
    sink.event({ kind: 'item-end', item: 'api', status: 'merged', reason: null });
    sink.event({ kind: 'phase', phase: 'weave' });
    expect(calls).toEqual([]);
  });

  it('is gone after its end, timer and all', () => {
    const { sink, calls } = setUp();
    sink.update(view());
    sink.end();
    expect(calls.slice(-2)).toEqual(['clear', 'done']);
    expect(jest.getTimerCount()).toBe(0);
    sink.write('later\n');
    jest.advanceTimersByTime(1000);
    expect(calls.at(-1)).toBe('write later\n');
  });
});
