import type { Completable, Value } from './completable';

/** Completion for zsh: `lex-pr completion zsh > "$fpath[1]/_lex-pr"`. */
export function zshCompletion(commands: readonly Completable[]): string {
  return `#compdef lex-pr
${commands.map((command) => functionOf(command)).join('\n')}
if [ "$funcstack[1]" = '_lex-pr' ]; then _lex-pr "$@"; else compdef _lex-pr lex-pr; fi
`;
}

const nameOf = (path: readonly string[]) => ['_lex-pr', ...path].join('_');

function functionOf({ path, commands, options, operands }: Completable): string {
  const specs = [
    ...options.map(({ flag, description, value }) => {
      const after = value === undefined ? '' : `:${flag.slice(2)}:${action(value)}`;
      return quote(`${flag}[${description.replace(/[[\]:]/g, '\\$&')}]${after}`);
    }),
    ...operands.map(({ name, value }, i) => quote(`${i + 1}:${name}:${action(value)}`)),
  ];
  if (commands.length === 0) return `${nameOf(path)}() {\n  _arguments ${specs.join(' \\\n    ')}\n}\n`;
  const described = commands.map(({ name, description }) => quote(`${name}:${description}`));
  return `${nameOf(path)}() {
  local state line
  local -a commands=(${described.join('\n    ')})
  _arguments -C ${specs.join(' \\\n    ')} '1:command:->command' '*::rest:->rest'
  case $state in
    command) _describe command commands ;;
    rest) (( $+functions[${nameOf(path)}_$words[1]] )) && ${nameOf(path)}_$words[1] ;;
  esac
}
`;
}

function action(value: Value): string {
  if (value === 'file') return '_files';
  if (value === 'folder') return '_files -/';
  return value === 'text' ? ' ' : `(${value.join(' ')})`;
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
