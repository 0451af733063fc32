import { styleText } from 'node:util';

type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Functions that colour a text. */
export type Style = Readonly<Record<Format, (text: string) => string>>;

/**
 * Colours for what is written to a stream. Where it shows none (no terminal, `NO_COLOR`,
 * `NODE_DISABLE_COLORS`, not `FORCE_COLOR`) every function returns its text as it is.
 */
export function style(stream: NodeJS.WritableStream): Style {
  // Asked once: the environment does not change under a run, and `styleText` asks each time.
  return styleText('red', 'x', { stream }) === 'x' ? plainStyle : colours;
}

/** No colours. */
export const plainStyle: Style = paint((_, text) => text);

const colours: Style = paint((format, text) => styleText(format, text, { validateStream: false }));

function paint(apply: (format: Format, text: string) => string): Style {
  return {
    bold: (text) => apply('bold', text),
    dim: (text) => apply('dim', text),
    red: (text) => apply('red', text),
    green: (text) => apply('green', text),
    yellow: (text) => apply('yellow', text),
    cyan: (text) => apply('cyan', text),
  };
}
