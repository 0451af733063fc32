import fc from 'fast-check';
import { bind, createLogger, type LoggerOptions } from '../../lib/telemetry/logger';

function setUp(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    format: 'json',
    level: 'debug',
    colour: false,
    stream: { write: (text) => lines.push(text) },
    now: () => new Date(2026, 0, 2, 3, 4, 5, 6),
    ...options,
  });
  return { logger, lines };
}

/** Values that JSON.stringify throws at, loses or breaks lines with. */
function awkward(): Record<string, unknown> {
  const cycle: Record<string, unknown> = { name: 'cycle' };
  cycle.self = cycle;
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  let deep: unknown = 'bottom';
  for (let i = 0; i < 100_000; i += 1) deep = { deep };
  const failure = Object.assign(new Error('outer', { cause: new RangeError('inner') }), { code: 'ENOENT' });
  return {
    big: 12n,
    cycle,
    failure,
    map: new Map([['k', 1]]),
    set: new Set([1, 2]),
    when: new Date(0),
    never: new Date(Number.NaN),
    f: () => 1,
    symbol: Symbol('s'),
    nan: Number.NaN,
    nothing: undefined,
    none: null,
    revoked: revoked.proxy,
    deep,
    getter: {
      get broken() {
        throw new Error('no');
      },
    },
    toJSON: { toJSON: () => undefined },
  };
}

describe('logger', () => {
  it('writes one JSON line a message: time, level, event, message, fields', () => {
    const { logger, lines } = setUp();
    logger.warn('memory-threshold', 'memory is above the threshold', { heapMB: 81 });
    expect(lines).toEqual([
      `{"time":"${new Date(2026, 0, 2, 3, 4, 5, 6).toISOString()}","level":"warn","event":"memory-threshold",` +
        '"message":"memory is above the threshold","heapMB":81}\n',
    ]);
  });

  it('writes one readable line a message: local time, level, message, fields', () => {
    const { logger, lines } = setUp({ format: 'human' });
    logger.info('worker-start', 'lane 2 starts', {
      item: 'feature/a b',
      gate: 'lint',
      tries: 1,
      extra: undefined,
    });
    logger.error('fault', 'gone');
    expect(lines).toEqual([
      '03:04:05 info  lane 2 starts item="feature/a b" gate=lint tries=1\n',
      '03:04:05 error gone\n',
    ]);
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('at level %s writes what is as urgent or more', (level, expected) => {
    const { logger, lines } = setUp({ level });
    for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]('e', 'm');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(expected);
  });

  it('shows values that JSON cannot, and never throws', () => {
    const { logger, lines } = setUp();
    logger.info('e', 'm', awkward());
    const entry = JSON.parse(lines[0]!);
    expect(entry).toMatchObject({
      big: '12',
      cycle: { name: 'cycle', self: '[circular]' },
      failure: {
        name: 'Error',
        message: 'outer',
        code: 'ENOENT',
        cause: { name: 'RangeError', message: 'inner' },
      },
      map: [['k', 1]],
      set: [1, 2],
      when: '1970-01-01T00:00:00.000Z',
      never: 'Invalid Date',
      f: '[function]',
      symbol: 'Symbol(s)',
      nan: 'NaN',
      none: null,
      revoked: '[unreadable]',
      getter: { broken: '[unreadable]' },
      toJSON: { toJSON: '[function]' },
    });
    expect(entry.failure.stack).toContain('outer');
    expect(lines[0]).toContain('[too deep]');
    expect(entry).not.toHaveProperty('nothing');
  });

  it('shows an error to a person by its name and message, without its stack', () => {
    const { logger, lines } = setUp({ format: 'human' });
    logger.error('e', 'failed', { error: new TypeError('bad "x"\nline 2') });
    expect(lines[0]).toBe('03:04:05 error failed error="TypeError: bad \\"x\\"\\nline 2"\n');
    expect(() => logger.error('e', 'm', awkward())).not.toThrow();
  });

  it.each(['human', 'json'] as const)(
    'in %s format lets no text control the terminal or break the line',
    (format) => {
      const { logger, lines } = setUp({ format });
      const anyText = fc
        .array(fc.integer({ min: 0, max: 0xffff }))
        .map((units) => String.fromCharCode(...units));
      fc.assert(
        fc.property(anyText, anyText, anyText, (message, key, value) => {
          lines.length = 0;
          logger.info('e', message, { [`k${key}`]: value, list: [value] });
          expect(lines).toHaveLength(1);
          expect(lines[0]!.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
          if (format === 'json') expect(JSON.parse(lines[0]!)).toMatchObject({ message, [`k${key}`]: value });
        }),
      );
    },
  );

  it('keeps its own keys, whatever untyped fields say', () => {
    const { logger, lines } = setUp();
    logger.info('e', 'm', { level: 'x', event: 'x', message: 'x', time: 'x', __proto__: { a: 1 } } as never);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', event: 'e', message: 'm' });
  });

  it('colours lines for people only when asked', () => {
    const { logger, lines } = setUp({ format: 'human', colour: true });
    logger.warn('e', 'evil \x1b[2J');
    expect(lines[0]).toBe('\x1b[2m03:04:05\x1b[22m \x1b[33mwarn \x1b[39m evil \\u001b[2J\n');
  });
});

describe('bind', () => {
  it('puts fields into each line; what a line says itself wins', () => {
    const { logger, lines } = setUp();
    const bound = bind(bind(logger, { run: 'r1', lane: 1 }), { lane: 2 });
    bound.info('e', 'm');
    bound.warn('e', 'm', { lane: 3, item: 'a' });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', run: 'r1', lane: 2 },
      { level: 'warn', run: 'r1', lane: 3, item: 'a' },
    ]);
  });

  it('keeps to the level of the logger', () => {
    const { logger, lines } = setUp({ level: 'warn' });
    bind(logger, { run: 'r1' }).info('e', 'm');
    expect(lines).toEqual([]);
  });
});

describe('a line that would be longer than it may be', () => {
  const maxLength = 16_384;

  it('stays below 100 KB of JSON whatever is logged, and says what it is about', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('\u0000', '\u202e', '"', '\n'),
      fc.string({ unit: 'binary' }),
    );
    const long = fc
      .tuple(text, fc.integer({ min: 0, max: 30_000 }))
      .map(([part, times]) => part.repeat(times));
    const value = fc.oneof(
      long,
      fc.array(long, { maxLength: 5 }),
      fc.dictionary(fc.string(), long, { maxKeys: 5 }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 20 }), value, { maxKeys: 20 }),
        long,
        (fields, message) => {
          const { logger, lines } = setUp({ maxLength });
          bind(logger, { run: 'r1' }).info('e', message, { ...fields, run: 'r1' });
          expect(lines[0]!.length).toBeLessThan(100_000);
          expect(JSON.parse(lines[0]!)).toMatchObject({ event: 'e', run: 'r1' });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('loses the ends of long values only', () => {
    const { logger, lines } = setUp({ maxLength });
    logger.info('e', 'm', { item: 'a', note: 'n'.repeat(20_000) });
    expect(JSON.parse(lines[0]!)).toMatchObject({ message: 'm', item: 'a', note: `${'n'.repeat(1_000)}…` });
  });
});
