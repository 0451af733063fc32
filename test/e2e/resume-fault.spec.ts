import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, readMerged, runCli, startCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { HeldGates } from './held-gates';
import { statusOf } from './interrupted';

const create = testRepositories();

/** A run whose first gate is held: `b` comes after `a`. */
async function startHeld(args: readonly string[] = []) {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' }, 'a');
  repo.branch('c', { c: '1\n' });
  const gates = new HeldGates(repo, { prints: true });
  gates.hold('a');
  const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c', deps: ['b'] }];
  const plan = { items, gates: [gates.gate], policy: { maxWorkers: 1 } };
  const command = ['merge', writePlan(repo, plan), '--execute', '--artifact-dir', artifactFolder(repo)];
  const { ended } = startCli([...command, ...args], { cwd: repo.path });
  await gates.started(['a']);
  return { repo, plan, gates, ended };
}

async function expectResumes({ repo, plan }: Awaited<ReturnType<typeof startHeld>>): Promise<void> {
  expect(await statusOf(repo)).toMatchObject({ status: 'interrupted' });
  const result = await runCli(['resume'], { cwd: repo.path });
  const { outcome } = readMerged(plan, artifactFolder(repo), result);
  expect(outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged' });
  expect(result.code).toBe(0);
}

/** Puts a file in the place of a folder; returns a function that puts the folder back. */
function spoil(folder: string): () => void {
  renameSync(folder, `${folder}.away`);
  writeFileSync(folder, '');
  return () => {
    rmSync(folder, { recursive: true });
    renameSync(`${folder}.away`, folder);
  };
}

function objectsOf(repo: TestRepository): string {
  const folder = join(repo.path, '.lex-pr/repositories');
  return join(folder, readdirSync(folder)[0]!, 'objects');
}

describe('a fault is not an outcome', () => {
  it('the private repository breaks during the run: exit 3, nothing is blamed, the run can be resumed', async () => {
    const held = await startHeld();
    const mend = spoil(objectsOf(held.repo));
    held.gates.letGo('a');
    const { code, stderr, stdout } = await held.ended;
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^lex-pr: .*(ENOTDIR|not a git repository|is not in the repository)/m);
    expect(stderr).toMatch(/lex-pr resume \d/);
    expect(await statusOf(held.repo)).toMatchObject({ items: { failed: 0, blocked: 0 } });
    mend();
    await expectResumes(held);
  });

  it('the artifact folder cannot be written: exit 3, as JSON with --json, and the run can be resumed', async () => {
    const held = await startHeld(['--json']);
    const mend = spoil(artifactFolder(held.repo));
    held.gates.letGo('a');
    const { code, stdout } = await held.ended;
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      errors: [expect.objectContaining({ code: 'fault', message: expect.stringContaining('ENOTDIR') })],
    });
    expect(await statusOf(held.repo)).toMatchObject({ items: { failed: 0, blocked: 0 } });
    mend();
    await expectResumes(held);
  });

  it('the report cannot be written: exit 3 though all has landed, and resuming writes it', async () => {
    const held = await startHeld();
    const file = join(artifactFolder(held.repo), 'report.md');
    // Nothing can be renamed to the name of a folder that holds something.
    const obstacle = join(file, 'x');
    mkdirSync(obstacle, { recursive: true });
    held.gates.letGo('a');
    const { code } = await held.ended;
    expect(code).toBe(3);
    expect(held.repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'a', 'b', 'c']);
    rmSync(file, { recursive: true });
    await expectResumes(held);
  });

  it('a gate runs on while another lane meets a fault: it is ended, nothing hangs', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    repo.branch('b', { b: '1\n' });
    repo.branch('c', { c: '1\n' });
    const gates = new HeldGates(repo, { prints: true });
    gates.hold('a', 'b');
    const plan = {
      items: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      gates: [gates.gate],
      policy: { maxWorkers: 2 },
    };
    const { ended } = startCli(['merge', writePlan(repo, plan)], { cwd: repo.path });
    await gates.started(['a', 'b']);
    const mend = spoil(objectsOf(repo));
    gates.letGo('a');
    expect((await ended).code).toBe(3);
    mend();
    expect(await statusOf(repo)).toMatchObject({ status: 'interrupted', items: { failed: 0 } });
  });
});
