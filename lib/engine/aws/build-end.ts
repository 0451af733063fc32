import * as z from 'zod';
import type { BuildReturn } from './protocol';

/** What a build came to, as far as a gate is concerned. */
export type BuildEnd =
  | {
      readonly kind: 'ended';
      readonly outcome: 'pass' | 'fail' | 'timeout';
      readonly exitCode: number | null;
      /** Of the command, in ms since the epoch; undefined where it did not run. */
      readonly startedAt: number | undefined;
      readonly endedAt: number | undefined;
      readonly note: string | undefined;
    }
  /** It says nothing about the gate: CodeBuild had a fault, or somebody stopped it. */
  | { readonly kind: 'lost'; readonly why: string };

/** In milliseconds since the epoch, or as ISO 8601. */
const time = z.union([z.number(), z.string()]).transform((value) => new Date(value).getTime());

const phase = z.object({
  PhaseType: z.string(),
  PhaseStatus: z.string().nullish(),
  StartTime: time.nullish(),
  EndTime: time.nullish(),
  Contexts: z.array(z.object({ StatusCode: z.string().nullish(), Message: z.string().nullish() })).nullish(),
});
type Phase = z.output<typeof phase>;

const buildSchema = z.object({
  Id: z.string(),
  BuildStatus: z.string(),
  Phases: z.array(phase).nullish(),
});

/** Phases before the command runs in which the image, or the gate's definition, can be at fault. */
const BEFORE = ['PROVISIONING', 'INSTALL', 'PRE_BUILD'];

/**
 * Reads what Step Functions says of a build: the build itself, or an error whose cause is the build.
 * @param timeoutSeconds of the gate: a command that took so long was ended by its time limit
 */
export function endOfBuild({ error, result }: BuildReturn, timeoutSeconds: number): BuildEnd {
  const build = readBuild(result);
  if (build === undefined) return lost(`${error ?? 'no build'}: ${result.slice(0, 500)}`);
  const phases = build.Phases ?? [];
  const command = phases.find(({ PhaseType }) => PhaseType === 'BUILD');
  const [startedAt, endedAt] = [command?.StartTime ?? undefined, command?.EndTime ?? undefined];
  const ended = (outcome: 'pass' | 'fail' | 'timeout', exitCode: number | null, note?: string): BuildEnd => ({
    kind: 'ended',
    outcome,
    exitCode,
    startedAt,
    endedAt,
    note,
  });
  switch (build.BuildStatus) {
    case 'SUCCEEDED':
      return ended('pass', 0);
    case 'TIMED_OUT':
      return ended('timeout', null, `timed out after ${timeoutSeconds} s, with its whole build`);
    case 'FAILED':
      break;
    default:
      return lost(`build ${build.Id}: ${build.BuildStatus}`);
  }
  const failed = phases.find(({ PhaseStatus }) => PhaseStatus && PhaseStatus !== 'SUCCEEDED');
  if (failed === command && command !== undefined) {
    const tookMs = startedAt === undefined || endedAt === undefined ? 0 : endedAt - startedAt;
    if (tookMs >= timeoutSeconds * 1000) return ended('timeout', null, `timed out after ${timeoutSeconds} s`);
    const [, code] = /exit status (\d+)/.exec(wordsOf(command)) ?? [];
    return ended('fail', code === undefined ? null : Number(code), code ? undefined : wordsOf(command));
  }
  const where = `build ${build.Id}: ${failed?.PhaseType ?? 'FAILED'}: ${failed ? wordsOf(failed) : 'no phase failed'}`;
  return failed !== undefined && BEFORE.includes(failed.PhaseType)
    ? ended('fail', null, `the container could not be started: ${where}`)
    : lost(where);
}

const lost = (why: string): BuildEnd => ({ kind: 'lost', why });

function wordsOf({ Contexts, PhaseStatus }: Phase): string {
  const words = (Contexts ?? []).map(({ StatusCode, Message }) =>
    [StatusCode, Message].filter(Boolean).join(': '),
  );
  return (
    words
      .filter((text) => text !== '')
      .join('; ')
      .slice(0, 1_000) ||
    (PhaseStatus ?? 'no reason given')
  );
}

function readBuild(text: string): z.output<typeof buildSchema> | undefined {
  try {
    const value = capitalised(JSON.parse(text)) as { Build?: unknown };
    return buildSchema.parse(value.Build ?? value);
  } catch {
    return undefined;
  }
}

/** Step Functions writes the names of fields in capitals, CodeBuild itself does not. */
function capitalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      `${key.slice(0, 1).toUpperCase()}${key.slice(1)}`,
      capitalised(inner),
    ]),
  );
}
