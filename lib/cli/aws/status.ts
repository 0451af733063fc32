import type { Followed, RunSummary } from '../../engine/aws/control-protocol';
import { printable } from '../../telemetry/printable';
import type { Cloud } from '../engine';
import type { Io } from '../io';
import { statusText } from '../status-text';

/** `lex-pr status` on AWS; by default of the newest run of the stack. @returns the exit code */
export async function statusOnAws(
  id: string | undefined,
  { json }: { readonly json?: boolean },
  { control, commandFor }: Cloud,
  { stdout }: Io,
): Promise<number> {
  const { progress, ...summary } = await control.status({ ...(id !== undefined && { run: id }) });
  if (progress !== undefined) {
    const found = { ...summary, ...progress };
    stdout.write(
      json ? `${JSON.stringify(found)}\n` : statusText(progress, commandFor('resume', summary.runId)),
    );
    return 0;
  }
  const { before, refusal = null } = await control.follow({ run: summary.runId, after: 0 });
  stdout.write(
    json
      ? `${JSON.stringify({ ...summary, before, refusal })}\n`
      : notBegunText(summary, before, refusal ?? []),
  );
  return 0;
}

/** A run that has not begun, and may never. */
function notBegunText(
  { runId, status, target, repository, submittedAt, endedAt }: RunSummary,
  before: readonly string[],
  refusal: NonNullable<Followed['refusal']>,
): string {
  const lines = [
    `run ${runId}: ${status === 'running' ? 'being prepared' : status}`,
    `  target    ${target} of ${repository}`,
    `  submitted ${submittedAt}${endedAt === null ? '' : `, ended ${endedAt}`}`,
    ...before.map((run) => `  after     ${run}`),
    ...refusal.map(({ message }) => `  because   ${message}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
