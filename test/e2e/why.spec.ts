import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, mergePlan, problemsOf, runCli, startCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { HeldGates } from './held-gates';

const create = testRepositories();

async function failing() {
  const repo = create();
  repo.branch('base', { base: '1\n' });
  repo.branch('top', { top: '1\n' }, 'base');
  repo.branch('beside', { beside: '1\n' });
  const items = [{ name: 'base' }, { name: 'top', deps: ['base'] }, { name: 'beside' }];
  const gates = [{ name: 'test', run: "printf 'one\\n\\033[31mtwo\\n'; ! test -e base" }];
  return { repo, merged: await mergePlan(repo, { items, gates }) };
}

describe('lex-pr why', () => {
  it('tells the chain of causes, the end of the log, and what to do', async () => {
    const { repo } = await failing();
    const log = join(artifactFolder(repo), 'logs/base/test.1.log');
    const { code, stdout } = await runCli(['why', 'top'], { cwd: repo.path });
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^top was not merged into main: it depends on base, and base failed: gate-failed: test exited/,
      ),
      `What to do: read ${log}, fix it on base, then run again.`,
      'Then top can be merged as well.',
      '',
      `The end of ${log}:`,
      '  one',
      '  two',
      '',
    ]);
  });

  it('does not point to the log of a gate that printed nothing, but says so, as the report and the logs do', async () => {
    const repo = create();
    repo.branch('silent', { silent: '1\n' });
    const gates = [{ name: 'test', run: 'exit 3' }];
    const merged = await mergePlan(repo, { items: [{ name: 'silent' }], gates });
    expect(itemOf(merged, 'silent').gates[0]!.log).toBeNull();
    expect((await runCli(['why', 'silent'], { cwd: repo.path })).stdout.split('\n')).toEqual([
      'silent was not merged into main: gate-failed: test exited with 3, without output.',
      'What to do: run test by hand, since it prints nothing, fix it on silent, then run again.',
      '',
    ]);
    expect(readFileSync(join(artifactFolder(repo), 'report.md'), 'utf8')).toContain(
      '\nexited with 3, without output\n',
    );
    const { stdout, stderr } = await runCli(['logs'], { cwd: repo.path });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^gate test of silent failed in .*, without output$/m);
  });

  it('gives the same to scripts, and in the report', async () => {
    const { repo, merged } = await failing();
    const { stdout } = await runCli(['why', 'base', '--json', '--run', merged.report.runId], {
      cwd: repo.path,
    });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      runId: merged.report.runId,
      item: 'base',
      status: 'failed',
      log: { path: 'logs/base/test.1.log', tail: expect.stringContaining('one\n') },
    });
    expect(itemOf(merged, 'base').why!.split('\n')[0]).toBe(told.why[0]);
    const markdown = readFileSync(join(artifactFolder(repo), 'report.md'), 'utf8');
    expect(markdown).toContain('## Why');
    expect(markdown).toContain('top was not merged into main: it depends on base');
    expect((await runCli(['why', 'beside'], { cwd: repo.path })).stdout).toMatch(
      /^beside was merged into main as [0-9a-f]{10}: test passed\.\n/,
    );
  });

  it('says which run it is about while another one goes on', async () => {
    const { repo, merged } = await failing();
    repo.branch('next', { next: '1\n' });
    const gates = new HeldGates(repo);
    gates.hold('next');
    const plan = writePlan(repo, { items: [{ name: 'next' }], gates: [gates.gate] }, 'next.json');
    const going = startCli(['merge', plan], { cwd: repo.path });
    await gates.started(['next']);
    const about = new RegExp(
      `run \\S+ goes on: this is about ${merged.report.runId}, the last one that has ended`,
    );
    const told = await runCli(['why', 'beside'], { cwd: repo.path });
    expect(told.stdout).toMatch(/^beside was merged/);
    expect(told.stderr).toMatch(about);
    expect((await runCli(['why', 'next'], { cwd: repo.path })).stderr).toMatch(about);
    const named = await runCli(['why', 'beside', '--run', merged.report.runId], { cwd: repo.path });
    expect(named.stderr).toBe('');
    gates.letGo('next');
    await going.ended;
    expect((await runCli(['why', 'next'], { cwd: repo.path })).stderr).toBe('');
  });

  it('knows no other items, and no run that there is not', async () => {
    const { repo } = await failing();
    const asked = async (...args: string[]) =>
      problemsOf(await runCli(['why', '--json', ...args], { cwd: repo.path }));
    expect(await asked('tap')).toMatchObject([{ code: 'unknown-item', hint: 'did you mean "top"?' }]);
    expect(await asked('top', '--run', 'x')).toMatchObject([{ code: 'unknown-run' }]);
  });
});
