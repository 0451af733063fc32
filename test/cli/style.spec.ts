import { runBundled } from './run-bundled';

/** The name of every colour, in that colour. */
const show = (stream: string, env: Readonly<Record<string, string>>) =>
  runBundled(
    `import { style } from './lib/cli/style';
    const colours = style(${stream});
    process.stdout.write(Object.keys(colours).map((name) => colours[name](name)).join(' '));`,
    env,
  );

const PLAIN = 'bold dim red green yellow cyan';

describe('style', () => {
  it('colours for a terminal', () => {
    expect(show('terminal', {})).toMatch(/^\x1b\[1mbold\x1b\[22m .*\x1b\[31mred\x1b\[39m/);
  });

  it('leaves text alone where the stream is no terminal', () => {
    expect(show('process.stdout', {})).toBe(PLAIN);
  });

  it('leaves text alone where NO_COLOR says so', () => {
    expect(show('terminal', { NO_COLOR: '1' })).toBe(PLAIN);
  });

  it('colours even a pipe with FORCE_COLOR', () => {
    expect(show('process.stdout', { FORCE_COLOR: '1' })).toContain('\x1b[32mgreen\x1b[39m');
  });
});
