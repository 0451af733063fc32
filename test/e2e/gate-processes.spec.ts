import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, type Merged, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

// Time limits are the subject here; a machine that stands still for a second may break one.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

/** Merges one item with one gate. */
async function runGate(repo: TestRepository, run: string, timeoutSeconds = 30) {
  repo.branch('change', { change: '1\n' });
  const gates = [{ name: 'test', run, timeoutSeconds }];
  const merged = await mergePlan(repo, { gates, items: [{ name: 'change' }] });
  return { merged, gate: itemOf(merged, 'change').gates[0]! };
}

/** Which of the processes, whose numbers a gate has written to a file, still run. */
function stillRunning(file: string): string[] {
  const pids = readFileSync(file, 'utf8').trim().split('\n');
  expect(pids.length).toBeGreaterThan(0);
  return pids.filter((pid) => {
    try {
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
    } catch {
      return false;
    }
  });
}

const logOf = ({ report }: Merged, repo: TestRepository) =>
  join(artifactFolder(repo), report.items[0]!.gates[0]!.log!);

describe('a gate', () => {
  it('that forks children and ignores SIGTERM is over at its time limit, with all of its children', async () => {
    const repo = create();
    const pids = join(repo.root, 'pids');
    const stubborn = `
      trap '' TERM
      for i in 1 2 3; do (trap '' TERM; sleep 300; sleep 300) & echo $! >> '${pids}'; done
      echo $$ >> '${pids}'
      sleep 300; sleep 300; sleep 300`;
    const { merged, gate } = await runGate(repo, stubborn, 1);
    expect(merged.outcome).toEqual({ change: 'failed: gate-failed' });
    expect(gate).toMatchObject({ status: 'timeout', signal: 'SIGKILL' });
    expect(itemOf(merged, 'change').reason).toContain('timed out after 1 s');
    expect(stillRunning(pids)).toEqual([]);
  });

  it('that leaves a background child holding its output open ends with its shell, and the child with it', async () => {
    const repo = create();
    const pids = join(repo.root, 'pids');
    const { merged, gate } = await runGate(repo, `sleep 300 & echo $! >> '${pids}'; echo done`);
    expect(merged.code).toBe(0);
    expect(gate).toMatchObject({ status: 'pass', exitCode: 0 });
    expect(readFileSync(logOf(merged, repo), 'utf8')).toBe('done\n');
    expect(stillRunning(pids)).toEqual([]);
  });

  it('that prints 1 GB passes; its log keeps the beginning and the end, and says what it left out', async () => {
    const repo = create();
    const flood = 'echo first; head -c 1073741824 /dev/zero; echo last';
    const { merged, gate } = await runGate(repo, flood);
    expect(merged.code).toBe(0);
    expect(gate.status).toBe('pass');
    const log = logOf(merged, repo);
    expect(statSync(log).size).toBeLessThan(16 << 20);
    const text = readFileSync(log, 'latin1');
    expect(text.startsWith('first\n')).toBe(true);
    expect(text.endsWith('last\n')).toBe(true);
    expect(text).toMatch(/\[lex-pr: \d{10} bytes left out\]/);
  });
});

describe('twelve CPU-bound gates of 0.6 s on two workers', () => {
  it('all pass with a limit of 2 s: the time that a gate waits for its lane does not count', async () => {
    const repo = create();
    const names = Array.from({ length: 12 }, (_, position) => `change-${position}`);
    repo.branches(names.map((name) => ({ name })));
    // By the clock, so that other tests on the machine do not make it longer.
    const busy = 'const end = Date.now() + 600; while (Date.now() < end);';
    const { code, report } = await mergePlan(repo, {
      gates: [{ name: 'busy', run: `'${process.execPath}' -e '${busy}'`, timeoutSeconds: 2 }],
      policy: { maxWorkers: 2 },
      items: names.map((name) => ({ name })),
    });
    expect(report.items.map((item) => item.gates[0]!.status)).toEqual(names.map(() => 'pass'));
    expect(code).toBe(0);
  });
});
