import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { style } from '../../lib/cli/style';

/** As the stream of a terminal that knows colours, without a terminal. */
function terminal(): NodeJS.WritableStream {
  const { getColorDepth, hasColors } = WriteStream.prototype;
  return Object.assign(new PassThrough(), { isTTY: true, getColorDepth, hasColors });
}

describe('style', () => {
  const { FORCE_COLOR, NO_COLOR, NODE_DISABLE_COLORS, TERM, COLORTERM } = process.env;
  const before = { FORCE_COLOR, NO_COLOR, NODE_DISABLE_COLORS, TERM, COLORTERM };
  const set = (values: NodeJS.ProcessEnv) => {
    for (const name of Object.keys(before)) delete process.env[name];
    Object.assign(process.env, values);
  };
  afterEach(() => set(Object.fromEntries(Object.entries(before).filter(([, value]) => value !== undefined))));

  it('colours for a terminal', () => {
    set({ TERM: 'xterm-256color' });
    expect(style(terminal()).red('x')).toBe('\x1b[31mx\x1b[39m');
    expect(style(terminal()).bold('x')).toBe('\x1b[1mx\x1b[22m');
  });

  it('leaves text alone where the stream is no terminal, and where NO_COLOR says so', () => {
    set({ TERM: 'xterm-256color' });
    const off = [style(new PassThrough())];
    set({ TERM: 'xterm-256color', NO_COLOR: '1' });
    off.push(style(terminal()));
    for (const plain of off)
      for (const colour of [plain.bold, plain.dim, plain.red, plain.green, plain.yellow, plain.cyan])
        expect(colour('x')).toBe('x');
  });

  it('colours even a pipe with FORCE_COLOR', () => {
    set({ FORCE_COLOR: '1' });
    expect(style(new PassThrough()).green('x')).toBe('\x1b[32mx\x1b[39m');
  });
});
