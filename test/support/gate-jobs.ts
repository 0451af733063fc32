import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobKeys } from '../../lib/engine/aws/blobs';
import type { GateJob } from '../../lib/engine/aws/protocol';
import type { Gate } from '../../lib/plan/plan';
import { writeBundle } from '../../lib/repository/bundle';
import { type MemoryBlobs, testBlobs } from './memory-blobs';
import { type TestStore, testStores } from './stores';

export const RUN = 'r1';
export const BASE = blobKeys.base(RUN);
export const CANDIDATES = blobKeys.candidates(RUN, 0);
export const log = (task: number) => blobKeys.file(RUN, `logs/${task}.log`);
export const artifacts = (task: number) => blobKeys.file(RUN, `artifacts/${task}/`);

/** Where the jobs of gates come from: a repository, and files behind URLs. */
export interface Host {
  readonly store: TestStore;
  readonly blobs: MemoryBlobs;
  /** What gates run on: the base with one file more. */
  readonly commit: string;
}

/** Makes hosts for the tests of a file; each is gone after its test. */
export function testHosts() {
  const stores = testStores();
  const openBlobs = testBlobs();
  return async (files: Record<string, string> = { 'src/a': 'a\n' }): Promise<Host> => {
    const store = await stores.create();
    const { repo, git } = store;
    const blobs = await openBlobs();
    const base = repo.git('rev-parse', 'main');
    const commit = repo.branch('a', files);
    const file = join(repo.root, 'bundle');
    await writeBundle(git, file, [base], []);
    await blobs.put(BASE, readFileSync(file));
    await writeBundle(git, file, [commit], [base]);
    await blobs.put(CANDIDATES, readFileSync(file));
    return { store, blobs, commit };
  };
}

export const gateOf = (run: string, more: Partial<Gate> = {}): Gate => ({
  name: 'test',
  run,
  cwd: '.',
  env: {},
  timeoutSeconds: 60,
  runtime: 'local',
  artifacts: [],
  cache: 'tree',
  ...more,
});

/** Writes a job for gates as `next` does. @returns its URL */
export async function jobFor(
  { store, blobs, commit }: Host,
  gates: readonly Gate[],
  keys: readonly string[] = [BASE, CANDIDATES],
): Promise<string> {
  const tree = store.repo.git('rev-parse', `${commit}^{tree}`);
  const job: GateJob = {
    run: RUN,
    bundles: await Promise.all(keys.map(async (key) => ({ key, url: await blobs.readUrl(key, 60) }))),
    objectFormat: 'sha1',
    ...(gates.length > 1 && { unwanted: await blobs.readUrl(blobKeys.unwanted(RUN, 1, 0, 1), 60) }),
    tasks: await Promise.all(
      gates.map(async (gate, task) => {
        const prefix = artifacts(task);
        return {
          task,
          attempt: 1,
          decides: true,
          gate: { ...gate },
          variables: { LEX_PR: '1', LEX_PR_GATE: gate.name, LEX_PR_TREE: tree },
          commit,
          tree,
          log: await blobs.writeUrl(log(task), 60),
          artifacts:
            gate.artifacts.length === 0 ? null : { ...(await blobs.writeForm(prefix, 60, 1_000)), prefix },
        };
      }),
    ),
  };
  const key = blobKeys.job(RUN, 1, 0, 1);
  await blobs.put(key, JSON.stringify(job));
  return blobs.readUrl(key, 60);
}
