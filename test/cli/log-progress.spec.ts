import { logProgress } from '../../lib/cli/log-progress';
import type { ProgressEvent } from '../../lib/cli/progress/progress';
import { createLogger } from '../../lib/telemetry/logger';

function open() {
  let text = '';
  const stream = {
    write(more: string) {
      text += more;
    },
  };
  const logger = createLogger({
    format: 'json',
    level: 'info',
    stream,
    colour: false,
    now: () => new Date(0),
  });
  const sink = logProgress(logger, stream);
  return {
    sink,
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

const EVENTS: readonly ProgressEvent[] = [
  { kind: 'gate-start', item: 'a', gate: 'test', attempt: 1, lane: 2, active: 3 },
  {
    kind: 'gate-end',
    item: null,
    gate: 'test',
    status: 'pass',
    ms: 12,
    cached: true,
    attempt: 1,
    lane: 0,
    active: 2,
  },
  { kind: 'item-end', item: 'a', status: 'failed', reason: 'conflict' },
  { kind: 'phase', phase: 'land' },
  { kind: 'note', text: 'memory\nis short' },
];

describe('logProgress', () => {
  it('writes one JSON line an event: its kind, its fields, and a sentence', () => {
    const { sink, lines } = open();
    for (const event of EVENTS) sink.event(event);
    expect(lines()).toHaveLength(EVENTS.length);
    for (const [index, { kind, ...fields }] of EVENTS.entries())
      expect(lines()[index]).toEqual({
        time: '1970-01-01T00:00:00.000Z',
        level: 'info',
        event: kind,
        message: expect.stringMatching(/^\S.*\S$/),
        ...fields,
      });
    expect(lines()[0].message).toMatch(/^gate test of a taken up/);
  });

  it('shows no views, and passes lines of others on as they are', () => {
    const { sink, text } = open();
    expect(sink.update).toBeUndefined();
    sink.write('{"event":"memory-throttle"}\n');
    sink.end();
    expect(text()).toBe('{"event":"memory-throttle"}\n');
  });
});
