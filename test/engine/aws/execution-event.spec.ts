import { executionEvent } from '../../../lib/engine/aws/execution-event';

const event = (input: object, detail: object = {}) => ({
  detail: { status: 'FAILED', input: JSON.stringify(input), ...detail },
});

describe('an execution that has ended badly', () => {
  it('tells its run, the line of its target, and why', () => {
    const input = { run: 'r1', generation: 2, target: '["https://host/x","main"]' };
    expect(executionEvent(event(input, { error: 'E', cause: 'c' }))).toEqual({
      ...input,
      why: 'FAILED: E: c',
    });
  });

  it('may have been started by an older version, which named no target', () => {
    const input = { run: 'r1', generation: 1 };
    expect(executionEvent(event(input))).toEqual({ ...input, target: undefined, why: 'FAILED' });
  });

  it('is none without a run', () => {
    expect(() => executionEvent(event({ generation: 1 }))).toThrow('run');
  });
});
