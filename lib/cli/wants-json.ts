import { underNpm } from './npm-arguments';

/**
 * Whether a script reads what is printed, known from the arguments alone: a refusal has to be JSON as well,
 * also where they could not be parsed.
 * @param args without node and script
 */
export function wantsJson(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const end = args.indexOf('--');
  const words = end === -1 ? args : args.slice(0, end);
  const says = (word: string, at: number) =>
    word === '--json' ||
    word === '--log-format=json' ||
    (word === '--log-format' && words[at + 1] === 'json');
  if (words.some(says)) return true;
  // npm keeps the options for itself, and may leave the value of one among the words.
  const { npm_config_json: json, npm_config_log_format: format } = env;
  return (
    underNpm(env) && (json === 'true' || format === 'json' || (format === 'true' && words.includes('json')))
  );
}
