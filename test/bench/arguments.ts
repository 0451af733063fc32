import { parseArgs } from 'node:util';

/** What to measure; or what to say instead, and the exit code. */
export type Asked =
  | { readonly json: boolean; readonly runs: number; readonly names: readonly string[] }
  | { readonly usage: string; readonly code: number };

/** @param known names of benches */
export function readArguments(args: readonly string[], known: readonly string[]): Asked {
  const help = `npm run bench -- [${known.join('] [')}] [--json] [--runs N]`;
  const wrong = (why: string): Asked => ({ usage: `${why}\n${help}`, code: 2 });
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        runs: { type: 'string', default: '5' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return { usage: help, code: 0 };
    if (!/^[1-9]\d{0,5}$/.test(values.runs)) return wrong('--runs takes a whole number from 1 on');
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) return wrong(`there is no bench ${JSON.stringify(unknown)}`);
    return { json: values.json, runs: Number(values.runs), names: positionals };
  } catch (error) {
    return wrong((error as Error).message.split('.', 1)[0]!);
  }
}
