import type { Answer } from './answer';
import type { CallbackEnd } from './callback';

/** What the end of a callback means for its gate. */
export function outcomeOf(end: CallbackEnd, timeoutSeconds: number) {
  if (end.kind === 'closed')
    return { status: 'timeout' as const, exitCode: null, note: `no answer within ${timeoutSeconds} s` };
  const { status, exitCode, url } = end.answer;
  const note = url === undefined ? undefined : `see ${url}`;
  return { status, exitCode: exitCode ?? (status === 'pass' ? 0 : null), note };
}

/** What of an answer belongs into the log of its gate. */
export function answerLog({ status, exitCode, url, log }: Answer): string {
  const head = ['answer', status, ...(exitCode === undefined ? [] : [`exit code ${exitCode}`])].join(': ');
  const lines = [`[lex-pr: ${head}]`, ...(url === undefined ? [] : [`[lex-pr: ${url}]`])];
  return `${lines.join('\n')}\n${log === undefined ? '' : log.replace(/\n?$/, '\n')}`;
}
