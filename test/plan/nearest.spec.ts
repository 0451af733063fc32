import { createNearest, suggest } from '../../lib/plan/nearest';

describe('nearest', () => {
  it('finds the closest name, the first of several', () => {
    expect(createNearest()('tset', ['lint', 'test', 'tent'])).toBe('test');
    expect(createNearest()('tost', ['test', 'toast'])).toBe('test');
  });
  it('finds nothing where nothing is close', () => {
    expect(createNearest()('a', ['b'])).toBeUndefined();
    expect(createNearest()('speculation', ['maxWorkers', 'integration'])).toBeUndefined();
    expect(createNearest()('x', [])).toBeUndefined();
  });
  it('gives up when its effort is spent', () => {
    const nearest = createNearest(1000);
    const names = Array.from({ length: 40 }, (_, i) => `name-${i}`);
    expect(nearest('name-x', names)).toBe('name-0');
    expect(nearest('name-x', names)).toBeUndefined();
  });
  it('becomes a question, or the other hint', () => {
    expect(suggest('a"b', 'x')).toBe('did you mean "a\\"b"?');
    expect(suggest(undefined, 'x')).toBe('x');
  });
});
