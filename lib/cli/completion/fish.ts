import type { Completable, Value } from './completable';

/** Completion for fish: `lex-pr completion fish > ~/.config/fish/completions/lex-pr.fish`. */
export function fishCompletion(commands: readonly Completable[]): string {
  return `complete -c lex-pr -f\n${commands.flatMap(linesOf).join('')}`;
}

function linesOf({ path, commands, options, operands }: Completable): string[] {
  const inside = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const names = commands.map(({ name }) => name).join(' ');
  const open = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`];
  const here = condition([...inside, ...open]);
  return [
    ...commands.map(
      ({ name, description }) => `complete -c lex-pr${here} -a ${quote(name)} -d ${quote(description)}\n`,
    ),
    ...options.map(({ flag, description, value }) => {
      const takes = value === undefined ? '' : ` -r${proposal(value)}`;
      return `complete -c lex-pr${here} -l ${flag.slice(2)}${takes} -d ${quote(description)}\n`;
    }),
    ...operands.flatMap(({ value }) => {
      const proposed = proposal(value);
      return proposed === '' ? [] : [`complete -c lex-pr${here}${proposed}\n`];
    }),
  ];
}

const condition = (parts: readonly string[]) =>
  parts.length === 0 ? '' : ` -n ${quote(parts.join('; and '))}`;

function proposal(value: Value): string {
  if (value === 'file') return ' -F';
  if (value === 'folder') return ` -a ${quote('(__fish_complete_directories)')}`;
  return value === 'text' ? '' : ` -a ${quote(value.join(' '))}`;
}

/** fish escapes within single quotes. */
const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
