import { type Argument, type Command, Option } from 'commander';
import { refuse } from '../errors';
import { refuseStrayFlags } from './npm-flags';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether this process is the script `cli` of lex-pr's own package, started by `npm run`. */
export const underNpm = (env: Environment): boolean =>
  env.npm_lifecycle_event === 'cli' && env.npm_package_name === 'lex-pr';

/**
 * The arguments as they were typed after `npm run cli`. npm takes flags for settings of its own: it hands
 * `--execute --artifact-dir out` on as `npm_config_execute=true`, `npm_config_artifact_dir=true` and a word
 * `out` among the arguments. Words go back to their flags where there is one way only in which they fit.
 * @param argv what npm left, without node and script; whatever stood after `--` is in it as it was
 * @param program knows the commands and their options
 * @param isFile whether a word, as a path, names a file
 * @param read the text of a file, if it is there
 * @returns arguments as if lex-pr had been called directly; `argv` itself where it was
 * @throws InputError naming the form with `--` where it cannot be told what was meant
 */
export function npmArguments(
  argv: readonly string[],
  env: Environment,
  program: Command,
  isFile: (path: string) => boolean,
  read: (path: string) => string | undefined,
): readonly string[] {
  if (!underNpm(env)) return argv;
  const { command, path, words } = findCommand(program, argv);
  if (command === program) return argv;
  // What stands after `--` was meant for us; the variable may be that of some other tool.
  const taken = command.options
    .filter((option) => !isAmong(option, words))
    .flatMap((option) => [...takenByNpm(option, env, path), ...expandedByNpm(option, env, words)]);
  refuseStrayFlags(program, command, path, env, read);
  const flags = taken.flatMap(({ given }) => given);
  const slots = taken.filter(({ wanted }) => wanted > 0);
  if (words.some((word) => /^-./.test(word))) {
    if (slots.length > 0) throw ambiguous(path, `the value of ${slots[0]!.option.long} stands apart from it`);
    return [...path, ...flags, ...words];
  }
  const { first, ...rest } = distribute(words, command.registeredArguments, slots, path, isFile);
  return [...path, ...first, ...flags, ...rest.values];
}

function isAmong({ long }: Option, words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  return options.some((word) => word.split('=', 1)[0] === long);
}

/** An option that npm took. */
interface Taken {
  readonly option: Option;
  /** What is known of it already, as arguments. */
  readonly given: readonly string[];
  /** How many values of it are among the words. */
  readonly wanted: number;
}

function findCommand(program: Command, argv: readonly string[]) {
  let command = program;
  let depth = 0;
  for (; depth < argv.length; depth++) {
    const next = command.commands.find((known) => known.name() === argv[depth]);
    if (next === undefined) break;
    command = next;
  }
  const path = argv.slice(0, depth);
  const words = argv.slice(depth);
  // Options before the command: their values took its place.
  if (command === program && !/^-/.test(argv[0] ?? '-')) {
    const later = argv.find((word) => program.commands.some((known) => known.name() === word));
    if (later !== undefined) throw ambiguous([later], `${JSON.stringify(argv[0])} stands before the command`);
  }
  return { command, path, words };
}

function takenByNpm(option: Option, env: Environment, path: readonly string[]): Taken[] {
  const { long } = option;
  const value = long == null ? undefined : env[`npm_config_${long.slice(2).replaceAll('-', '_')}`];
  if (value === undefined) return [];
  // How npm writes a list: https://docs.npmjs.com/cli/using-npm/config
  const values = value.split('\n\n');
  const apart = values.every((one) => one === 'true');
  if (!option.required && !option.optional) {
    // `--no-json`
    if (value === '') return [];
    if (!apart) throw ambiguous(path, `${long} takes no value, and npm says ${JSON.stringify(value)}`);
    return [{ option, given: [long!], wanted: 0 }];
  }
  if (value === '') throw ambiguous(path, `npm says that ${long} is empty`);
  if (apart) return [{ option, given: [], wanted: values.length }];
  if (values.length > 1) throw ambiguous(path, `npm does not tell the values of ${long} apart`);
  return [{ option, given: [`${long}=${value}`], wanted: 0 }];
}

/**
 * npm takes `--engine` for an abbreviation of its own `--engine-strict`, which may also be a setting of the user:
 * only where one of the choices is among the words was it meant for us.
 */
function expandedByNpm(option: Option, env: Environment, words: readonly string[]): Taken[] {
  const { long, argChoices = [] } = option;
  const isMeant =
    long === '--engine' &&
    env.npm_config_engine_strict === 'true' &&
    words.some((word) => argChoices.includes(word));
  return isMeant ? [{ option, given: [], wanted: 1 }] : [];
}

/** Gives each word to an argument of the command or to an option, in the one way in which all fit. */
function distribute(
  words: readonly string[],
  expected: readonly Argument[],
  slots: readonly Taken[],
  path: readonly string[],
  isFile: (word: string) => boolean,
): { readonly first: readonly string[]; readonly values: readonly string[] } {
  const names = slots.map(({ option }) => option.flags).join(', ');
  const left = words.length - slots.reduce((sum, { wanted }) => sum + wanted, 0);
  const most = expected.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : expected.length;
  if (left > most) {
    const extra = words.slice(most).map(quote).join(', ');
    throw ambiguous(path, `npm left ${extra}, maybe the value of a flag that it took for one of its own`);
  }
  if (slots.length === 0) return { first: words, values: [] };
  if (left < expected.filter(({ required }) => required).length)
    throw ambiguous(path, `there is no value for ${names}`);

  const ways: { readonly first: string[]; readonly values: string[] }[] = [];
  const open = slots.map(({ wanted }) => wanted);
  const first: string[] = [];
  const values: string[] = [];
  const place = (at: number): void => {
    const word = words[at];
    if (ways.length > 1) return;
    if (word === undefined) {
      ways.push({ first: [...first], values: [...values] });
      return;
    }
    const argument = expected[Math.min(first.length, expected.length - 1)];
    if (first.length < left && argument !== undefined && fits(argument, argument.name(), word, isFile)) {
      first.push(word);
      place(at + 1);
      first.pop();
    }
    for (const [slot, { option }] of slots.entries()) {
      if (open[slot] === 0 || !fits(option, /[<[]([^>\].]+)/.exec(option.flags)?.[1], word, isFile)) continue;
      open[slot]! -= 1;
      values.push(`${option.long}=${word}`);
      place(at + 1);
      values.pop();
      open[slot]! += 1;
    }
  };
  place(0);
  if (ways.length === 1) return ways[0]!;
  const wantsPlan = expected.some((argument) => argument.name() === 'plan');
  if (wantsPlan && !words.some((word) => word === '-' || isFile(word)))
    throw ambiguous(path, `none of ${words.map(quote).join(', ')} is the file of a plan`);
  throw ambiguous(path, `it cannot be told which of ${words.map(quote).join(', ')} belongs to ${names}`);
}

/** Whether a word can be a value: by the option's own check, and by what its name in the usage stands for. */
function fits(
  of: Argument | Option,
  kind: string | undefined,
  word: string,
  isFile: (word: string) => boolean,
): boolean {
  if (kind === 'plan' && word !== '-' && !isFile(word)) return false;
  if (kind === 'folder' && isFile(word)) return false;
  if (kind === 'run' && !/^(\d{8}-\d{6}-[0-9a-f]{4}(-[0-9a-f]{8})?|key-[0-9a-f]{32})$/.test(word))
    return false;
  try {
    if (of instanceof Option) of.parseArg?.(word, of.defaultValue);
    else of.parseArg?.(word, of.defaultValue);
    return true;
  } catch {
    return false;
  }
}

const quote = (word: string) => JSON.stringify(word);

function ambiguous(path: readonly string[], what: string): Error {
  const hint = `put -- before the arguments, so that npm leaves them alone: npm run cli -- ${path.join(' ')} …`;
  return refuse('npm-arguments', `npm took options of lex-pr for its own, and ${what}`, hint);
}
