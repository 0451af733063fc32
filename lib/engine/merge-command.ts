import { shellQuote } from '../repository/shell-quote';
import type { RunRecord } from '../run/record';
import type { AskedAtStart } from './overridable';

/** The command that begins a run with an override. @param engine its options for that, if it needs any */
export function mergeCommand(
  { item, gate, head, user, reason: why }: AskedAtStart,
  { execute, gatesOnly }: Pick<RunRecord, 'execute' | 'gatesOnly'>,
  engine = '',
): string {
  const what = `--override ${shellQuote(`${item}:${gate}@${head}`)}`;
  const command = gatesOnly ? 'run' : 'merge';
  return `lex-pr ${command} PLAN${execute ? ' --execute' : ''}${engine} ${what} --user ${shellQuote(user)} --reason ${shellQuote(why)}`;
}
