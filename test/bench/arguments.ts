import { parseArgs } from 'node:util';

/** What to do. */
export interface Asked {
  readonly json: boolean;
  /** How often each side is measured. */
  readonly runs: number;
  /** Of the benches to run; none means all. */
  readonly names: readonly string[];
  /** Whether the committed figures of these benches are to be replaced. */
  readonly write: boolean;
  /** Whether they are to be compared with the committed figures. */
  readonly compare: boolean;
  /** Only say which benches there are. */
  readonly list: boolean;
}

/** Fewer than this shows too little of the spread to be written down or compared. */
export const FEWEST_RUNS = 5;

/**
 * @param known names of benches
 * @returns what to do; or what to say instead, and the exit code
 */
export function readArguments(
  args: readonly string[],
  known: readonly string[],
): Asked | { readonly usage: string; readonly code: number } {
  const help = `npm run bench -- [NAME …] [--json] [--runs N] [--write] [--compare] [--list]\nNAME: ${known.join(', ')}\nWithout NAME all run, and docs/benchmarks.md and .json are replaced as they end, unless --runs is below ${FEWEST_RUNS}.`;
  const wrong = (why: string) => ({ usage: `${why}\n${help}`, code: 2 });
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        runs: { type: 'string', default: String(FEWEST_RUNS) },
        write: { type: 'boolean', default: false },
        compare: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return { usage: help, code: 0 };
    if (!/^[1-9]\d{0,5}$/.test(values.runs)) return wrong('--runs takes a whole number from 1 on');
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) return wrong(`there is no bench ${JSON.stringify(unknown)}`);
    const runs = Number(values.runs);
    const { json, list } = values;
    const enough = runs >= FEWEST_RUNS;
    if (!enough && (values.write || values.compare))
      return wrong(`--write and --compare take ${FEWEST_RUNS} runs or more`);
    const all = positionals.length === 0 && enough;
    return {
      json,
      runs,
      names: positionals,
      write: values.write || all,
      compare: values.compare || all,
      list,
    };
  } catch (error) {
    return wrong((error as Error).message.split('.', 1)[0]!);
  }
}
