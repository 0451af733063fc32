import { randomBytes } from 'node:crypto';
import type { RunState } from '../../run/state';
import { gateVariables } from '../gate-variables';
import { type Blobs, blobKeys } from './blobs';
import { gateArchive } from './buildspec';
import type { NextAnswer, SourceJob } from './protocol';
import type { RunContext } from './run-context';
import { testedBy } from './tested';

/** CodeBuild takes whole minutes within these. */
const BUILD_MINUTES = { least: 5, most: 2_160 } as const;
/** For bringing the image and the work tree, and for storing what is left; in minutes. */
const AROUND = 15;

type Job = { readonly task: number; readonly attempt: number };

/**
 * What a lane does for a gate in a container: start a build; where what the gate is run on has not been packed yet,
 * have the gate function do that first, and ask again.
 * @param bundles what to make it of
 */
export async function handOutBuild(
  { blobs, now }: { readonly blobs: Blobs; readonly now: () => number },
  run: RunContext,
  state: RunState,
  lane: number,
  { task: index, attempt }: Job,
  bundles: () => Promise<SourceJob['bundles']>,
): Promise<NextAnswer> {
  const { record, load, names } = run;
  const { id } = record;
  const { turn } = state.lanes[lane]!;
  const task = load.tasks[index]!;
  const { gate } = task;
  const tested = testedBy(run, state, index);
  if (tested.kind !== 'clean') throw new Error('only a clean candidate can be tested');
  const { commit, tree } = tested;
  const ofTree = gate.cache === 'tree';
  const source = blobKeys.source(id, ofTree ? tree : commit);
  if (!(await blobs.list(source)).includes(source)) {
    const job: SourceJob = {
      run: id,
      generation: state.generation,
      lane,
      turn,
      bundles: await bundles(),
      objectFormat: record.base.length === 64 ? 'sha256' : 'sha1',
      source: {
        task: index,
        attempt,
        item: task.item < 0 ? null : names[task.item]!,
        gate: gate.name,
        commit,
        tree,
        ofTree,
        to: await blobs.writeUrl(source, URL_SECONDS),
      },
    };
    const key = blobKeys.job(id, state.generation, lane, turn);
    await blobs.put(key, JSON.stringify(job), 'application/json');
    return { kind: 'gate', turn, job: await blobs.readUrl(key, URL_SECONDS), source: true };
  }
  // Whoever does not know it cannot read or overwrite what is stored under it: builds share a role.
  const name = randomBytes(16).toString('hex');
  const own = blobKeys.source(id, name);
  const variables = gateVariables(record, names, { task, attempt }, tested);
  await blobs.put(own, await gateArchive(gate, variables), 'application/zip');
  const image = gate.image!;
  return {
    kind: 'build',
    turn,
    build: {
      task: index,
      attempt,
      at: now(),
      name,
      image,
      // CodeBuild's own images are pulled by itself, all others by the role of the build.
      credentials: image.startsWith('aws/codebuild/') ? 'CODEBUILD' : 'SERVICE_ROLE',
      gate: own,
      tree: source,
      output: blobKeys.build(id, name),
      minutes: minutesFor(gate.timeoutSeconds),
    },
  };
}

/** How long the URLs of a job are good for: longer than a function lives. */
const URL_SECONDS = 3_600;

/** The time limit of a build; that of the gate is kept within it. */
export function minutesFor(timeoutSeconds: number): number {
  const wanted = Math.ceil(timeoutSeconds / 60) + AROUND;
  return Math.min(BUILD_MINUTES.most, Math.max(BUILD_MINUTES.least, wanted));
}
