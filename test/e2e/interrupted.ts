import { artifactFolder, type Merged, readMerged, runCli, startCli, writePlan } from '../support/cli';
import type { TestRepository } from '../support/repository';
import { HeldGates } from './held-gates';

/** A run that was killed while the gates of some items ran. */
export interface Interrupted {
  readonly repo: TestRepository;
  readonly gates: HeldGates;
  /** `lex-pr resume`, with the gates let go. */
  resume(args?: readonly string[], options?: { folder?: string; cwd?: string }): Promise<Merged>;
}

/** Starts a plan of these items, and kills the process by SIGKILL once the gates of `held` have started. */
export async function interrupt(
  repo: TestRepository,
  items: readonly { readonly name: string; readonly deps?: readonly string[] }[],
  held: readonly string[],
  args: readonly string[] = ['--execute'],
): Promise<Interrupted> {
  const gates = new HeldGates(repo, { prints: true });
  const plan = { items, gates: [gates.gate], policy: { maxWorkers: 2 } };
  gates.hold(...held);
  const command = ['merge', writePlan(repo, plan), '--artifact-dir', artifactFolder(repo), ...args];
  const { child, ended } = startCli(command, { cwd: repo.path });
  await gates.started(held);
  child.kill('SIGKILL');
  await ended;
  return {
    repo,
    gates,
    async resume(more = [], { folder = artifactFolder(repo), cwd = repo.path } = {}) {
      gates.letGo(...held);
      return readMerged(plan, folder, await runCli(['resume', ...more], { cwd }));
    },
  };
}

/** What `lex-pr status` says of the last run. */
export async function statusOf(repo: TestRepository) {
  const { stdout } = await runCli(['status', '--json'], { cwd: repo.path });
  return JSON.parse(stdout);
}
