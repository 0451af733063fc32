import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parentlessCommit } from '../../merge/candidate';
import { Git } from '../../repository/git';
import { UnusablePathError } from '../../repository/lane';
import { log, logWith } from './function-log';
import { openJob } from './job-repository';
import { type GateAnswer, MAX_NOTE, type SourceJob } from './protocol';
import { packWorkTree, UnusableNameError } from './source-archive';
import { upload } from './transfer';
import { ZipTooLargeError } from './zip';

/**
 * Packs what a gate in a container is run on, with a repository that needs no other, and stores it; then there are no
 * results. What cannot be packed is a failure of the gate.
 * @throws what `openJob` and the transfer throw; another try may help
 */
export function makeSource(job: SourceJob, home: string): Promise<GateAnswer> {
  const { item, gate, attempt } = job.source;
  return logWith({ item, gate, attempt }, async () => {
    const began = performance.now();
    const answer = await pack(job, home);
    const note = answer.results[0]?.note;
    log.info('source', note === undefined ? 'the source of a build is packed' : 'no source could be packed', {
      note,
      ms: Math.round(performance.now() - began),
    });
    return answer;
  });
}

async function pack(job: SourceJob, home: string): Promise<GateAnswer> {
  const { task, attempt, commit, tree, ofTree, to } = job.source;
  try {
    await openJob(
      job,
      home,
    )(async ({ folder, commits, lane }) => {
      const head = ofTree ? await parentlessCommit(commits, tree) : commit;
      const workTree = await lane.checkout(head, tree);
      await makeWhole(join(workTree, '.git'));
      const archive = join(folder, 'source.zip');
      await packWorkTree(workTree, archive);
      await upload(archive, to, 'application/zip');
    });
    return { results: [] };
  } catch (error) {
    const isOfTree = [UnusablePathError, UnusableNameError, ZipTooLargeError].some(
      (type) => error instanceof type,
    );
    if (!isOfTree) throw error;
    const now = Date.now();
    const failure = { outcome: 'fail', startedAt: now, endedAt: now, exitCode: null, signal: null } as const;
    const note = (error as Error).message.slice(0, MAX_NOTE);
    return { results: [{ task, attempt, ...failure, logged: false, artifacts: [], note }] };
  }
}

/** Brings everything that HEAD leads to into a repository that borrows it. */
async function makeWhole(gitDir: string): Promise<void> {
  await new Git(gitDir).run(['repack', '-a', '-d', '-q']);
  await rm(join(gitDir, 'objects/info/alternates'));
}
