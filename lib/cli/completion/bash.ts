import type { Completable, Value } from './completable';

/**
 * Completion for bash 3.2 and newer: `eval "$(lex-pr completion bash)"`. Where nothing is proposed bash completes
 * file names (`-o default`), which is what plans and folders need.
 */
export function bashCompletion(commands: readonly Completable[]): string {
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => quote(keyOf(path)));
  return `_lex_pr() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' word
  # bash splits --option=value into three words.
  if [ "$prev" = '=' ]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [ "$cur" = '=' ]; then cur=''; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path/$word" in
      ${paths.join('|')}) path="$path/$word" ;;
    esac
  done
  COMPREPLY=()
  case "$path $prev" in
${commands.flatMap(valueCases).join('')}  esac
  case "$path" in
${commands.map(wordsCase).join('')}  esac
}
complete -o default -F _lex_pr lex-pr
`;
}

const keyOf = (path: readonly string[]) => path.map((word) => `/${word}`).join('');

/** After an option that takes a value nothing but the value is proposed. */
function valueCases({ path, options }: Completable): string[] {
  return options.flatMap(({ flag, value }) =>
    value === undefined ? [] : [`    ${quote(`${keyOf(path)} ${flag}`)}) ${propose(value)} return ;;\n`],
  );
}

function wordsCase({ path, commands, options, operands }: Completable): string {
  const words = [...commands.map(({ name }) => name), ...operands.flatMap(({ value }) => choicesOf(value))];
  const flags = options.map(({ flag }) => flag);
  const wanted = `if [[ "$cur" == -* ]]; then ${propose(flags)} else ${propose(words)} fi`;
  return `    ${quote(keyOf(path))}) ${wanted} ;;\n`;
}

const choicesOf = (value: Value) => (typeof value === 'string' ? [] : value);

function propose(value: Value): string {
  const words = choicesOf(value);
  return words.length === 0 ? ':;' : `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur"));`;
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
