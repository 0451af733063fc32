import { posix } from 'node:path';
import { shown } from '../../gates/find-files';
import { matchesPattern } from '../../gates/match-pattern';
import type { RunState } from '../../run/state';
import { artifactsPath, logPath } from '../gate-files';
import { type Blobs, blobKeys } from './blobs';
import { endOfBuild } from './build-end';
import { LOG } from './buildspec';
import { log } from './function-log';
import { fittingAnswer, noteOf } from './gate-answer';
import { inChunks } from './in-chunks';
import type { BuildReturn, GateReturn } from './protocol';
import type { RunContext } from './run-context';
import { TREE } from './source-archive';

/** As many as there is time for; a function of ours lives a minute. */
const MAX_ARTIFACTS = 2_000;

/** What a build came to: results, or why there are none. */
export type TakenBuild =
  | { readonly results: readonly GateReturn[]; readonly lost?: undefined }
  | { readonly results: readonly []; readonly lost: string };

/**
 * Takes in the build of a gate: its log and files go where those of the run are. May be done twice.
 * @throws what the store throws
 */
export async function takeBuild(
  { blobs, now }: { readonly blobs: Blobs; readonly now: () => number },
  { load, names, record }: RunContext,
  state: RunState,
  build: BuildReturn,
): Promise<TakenBuild> {
  const task = load.tasks[build.task];
  if (task === undefined) return { results: [], lost: 'there is no such task' };
  const end = endOfBuild(build, task.gate.timeoutSeconds);
  const item = task.item < 0 ? null : names[task.item]!;
  log.info('build-end', `the build for gate ${task.gate.name}: ${end.kind}`, {
    item,
    gate: task.gate.name,
    attempt: build.attempt,
    ...(end.kind === 'lost' ? { why: end.why } : { status: end.outcome, note: end.note }),
  });
  if (end.kind === 'lost') return { results: [], lost: end.why };
  const { round } = state.weave;
  const from = `${blobKeys.build(record.id, build.name)}/${FILES}/`;
  const logKey = blobKeys.file(record.id, logPath(names, task, round, build.attempt));
  const logged = await blobs.copy(`${from}${LOG}`, logKey);
  const into = blobKeys.file(record.id, artifactsPath(names, task, round));
  const kept =
    task.gate.artifacts.length === 0
      ? { artifacts: [], unlisted: 0, notes: [] }
      : await copyArtifacts(blobs, `${from}${posix.join(TREE, task.gate.cwd)}/`, task.gate.artifacts, into);
  const notes = [...(end.note === undefined ? [] : [end.note]), ...kept.notes];
  // Not before it was handed out: the clock is another one.
  const startedAt = Math.max(build.at, end.startedAt ?? now());
  const { results } = fittingAnswer([
    {
      task: build.task,
      attempt: build.attempt,
      outcome: end.outcome,
      startedAt,
      endedAt: Math.max(startedAt, end.endedAt ?? now()),
      exitCode: end.exitCode,
      signal: null,
      logged,
      artifacts: kept.artifacts,
      ...(kept.unlisted === 0 ? {} : { unlisted: kept.unlisted }),
      ...(notes.length === 0 ? {} : { note: noteOf(notes) }),
    },
  ]);
  return { results };
}

/** The folder that CodeBuild puts the files of a build into. */
export const FILES = 'files';

async function copyArtifacts(
  blobs: Blobs,
  from: string,
  patterns: readonly string[],
  into: string,
): Promise<{ artifacts: string[]; unlisted: number; notes: string[] }> {
  const stored = (await blobs.list(from)).map((key) => key.slice(from.length));
  const matching = stored.filter((path) => patterns.some((pattern) => matchesPattern(pattern, path)));
  const wanted = matching.slice(0, MAX_ARTIFACTS);
  const copied = await inChunks(wanted, (path) => blobs.copy(`${from}${path}`, `${into}/${path}`));
  const missing = patterns.filter((pattern) => !stored.some((path) => matchesPattern(pattern, path)));
  const notes = missing.map((pattern) => `no file matches artifact pattern ${shown(pattern)}`);
  const artifacts = wanted.filter((_, k) => copied[k]);
  const unlisted = matching.length - artifacts.length;
  if (unlisted > 0) notes.push(`${unlisted} more artifacts are among the files of the build only`);
  return { artifacts, unlisted, notes };
}
