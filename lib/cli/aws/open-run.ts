import type { Control } from '../../engine/aws/control-client';
import type { RunSummary } from '../../engine/aws/control-protocol';
import { InputError, refuse } from '../../errors';

/**
 * The run that goes on or waits, where there is one only: a stack is shared, and nobody is to end the run of
 * somebody else by leaving a word out.
 * @throws InputError when there is none, or more than one
 */
export async function onlyOpenRun(control: Pick<Control, 'list'>): Promise<RunSummary> {
  const open: RunSummary[] = [];
  for (let from: string | undefined; ; ) {
    const { runs, next } = await control.list({ ...(from !== undefined && { from }) });
    open.push(...runs.filter(({ endedAt }) => endedAt === null));
    if (next === undefined) break;
    from = next;
  }
  const [only] = open;
  if (only === undefined)
    throw refuse('no-runs', 'no run goes on in this stack', 'start one with lex-pr merge');
  if (open.length > 1)
    throw new InputError(
      open.map(({ runId, target, repository, submittedAt }) => ({
        code: 'which-run',
        message: `run ${runId} into ${target} of ${repository} goes on, since ${submittedAt}`,
        hint: 'there are several: say which one is meant',
      })),
    );
  return only;
}
