import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { artifactFolder, CLI, mergePlan, problemsOf, runCli, startCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { startMerge } from './cancelling';
import { HeldGates } from './held-gates';

const create = testRepositories();

const logs = (repo: TestRepository, ...args: string[]) => runCli(['logs', ...args], { cwd: repo.path });
const linesOf = (text: string) => text.split('\n').slice(0, -1);
const jsonLines = (text: string) => linesOf(text).map((line) => JSON.parse(line));

/** A run that has ended: gates that pass, fail, are tried again, and whose results are known. */
async function ended(args: readonly string[] = ['--execute']) {
  const repo = create();
  for (const name of ['a', 'b']) repo.branch(name, { [name]: `${name}\n` });
  const gates = [
    { name: 'test', run: 'test ! -e b || { echo "it is b"; exit 3; }; printf "\\033[31mfine\\000\\377"' },
    { name: 'lint', run: 'echo linted' },
  ];
  const policy = { maxWorkers: 1, retries: { test: { maxAttempts: 2 } } };
  const merged = await mergePlan(repo, { items: [{ name: 'a' }, { name: 'b' }], gates, policy }, args);
  return { repo, report: merged.report, run: merged.report.runId };
}

/** A run whose gates print, and some of which are held. */
function held(...items: string[]) {
  const repo = create();
  for (const name of ['a', 'b']) repo.branch(name, { [name]: `${name}\n` });
  const gates = new HeldGates(repo);
  gates.hold(...items);
  const { gate } = gates;
  const run = `echo "begin $LEX_PR_ITEM"; ${gate.run}; echo end`;
  const plan = { items: [{ name: 'a' }, { name: 'b', deps: ['a'] }], gates: [{ ...gate, run }] };
  const started = startMerge(repo, { ...plan, policy: { integration: 'none' } });
  return { ...started, gates };
}

/** `lex-pr logs` as a process to listen to. */
function follow(repo: TestRepository, ...args: string[]) {
  const { child, ended: end } = startCli(['logs', '--follow', ...args], { cwd: repo.path });
  let all = '';
  /** Resolves once it has printed this. */
  const printed = (part: string) =>
    new Promise<void>((resolve, reject) => {
      const look = (chunk: unknown = '') => {
        all += chunk;
        if (all.includes(part)) resolve();
      };
      child.stdout!.on('data', look);
      end.then((result) => reject(new Error(`it ended without: ${JSON.stringify(result)}`)));
      look();
    });
  return { child, end, printed };
}

describe('logs of a run that has ended', () => {
  it('are those of each attempt in the order in which they ended, each line with whose it is', async () => {
    const { repo } = await ended();
    const { code, stdout, stderr } = await logs(repo);
    expect(code).toBe(0);
    expect(linesOf(stdout).filter((line) => !line.includes('fine'))).toEqual([
      'a: lint | linted',
      'b: test | it is b',
      'b: test #2 | it is b',
      'b: lint | linted',
    ]);
    expect(linesOf(stderr).map((line) => line.replace(/ in \S+$/, ''))).toEqual([
      'gate test of a passed',
      'gate lint of a passed',
      'gate test of b failed',
      'gate test of b (attempt 2) failed',
      'gate lint of b passed',
      'gate test of the woven commit passed (cached)',
      'gate lint of the woven commit passed (cached)',
    ]);
  });

  it('are the bytes that were printed and nothing else where item and gate are named', async () => {
    const { repo } = await ended();
    const { child, ended: end } = startCli(['logs', '--item', 'a', '--gate', 'test'], { cwd: repo.path });
    const chunks: Buffer[] = [];
    child.stdout!.on('data', (chunk) => chunks.push(chunk));
    expect((await end).code).toBe(0);
    expect(Buffer.concat(chunks)).toEqual(Buffer.from('\x1b[31mfine\0\xff', 'latin1'));
    expect((await logs(repo, '--item', 'b', '--gate', 'test')).stdout).toBe('it is b\nit is b\n');
  });

  it('are those of an item, of a gate, of the woven commit, of a run by its id', async () => {
    const { repo, run } = await ended();
    const items = async (...args: string[]) =>
      new Set(linesOf((await logs(repo, ...args)).stdout).map((line) => line.split(' ')[0]));
    expect(await items('--item', 'b')).toEqual(new Set(['b:']));
    expect(await items('--gate', 'lint')).toEqual(new Set(['a:', 'b:']));
    expect(await items('--item', 'integration')).toEqual(new Set());
    await ended();
    expect(await items(run, '--gate', 'lint')).toEqual(new Set(['a:', 'b:']));
  });

  it('name the gates that did not run, and say why', async () => {
    const repo = create();
    repo.branch('bad', { bad: '\n' });
    repo.branch('behind', { behind: '\n' }, 'bad');
    repo.git('branch', 'empty', 'main');
    const gates = ['test', 'lint'].map((name) => ({ name, run: 'test ! -e bad' }));
    const items = [{ name: 'bad' }, { name: 'behind', deps: ['bad'] }, { name: 'empty' }];
    const { report } = await mergePlan(repo, { gates, items });
    const { stdout, stderr } = await logs(repo, '--item', 'behind');
    expect(stdout).toBe('');
    expect(stderr).toBe('gates test, lint of behind did not run: blocked: behind → bad\n');
    expect((await logs(repo, '--item', 'empty', '--gate', 'test')).stderr).toBe(
      'gate test of empty did not run: nothing to do: main holds this change already\n',
    );
    expect((await logs(repo, '--item', 'bad')).stderr).not.toContain('did not run');
    expect((await logs(repo, '--item', 'integration')).stderr).toContain('of the woven commit did not run: ');
    const skipped = { item: 'behind', gate: 'lint', note: 'blocked: behind → bad' };
    const json = async (...more: string[]) =>
      (await logs(repo, '--json', '--item', 'behind', '--gate', 'lint', ...more)).stdout;
    expect(JSON.parse(await json()).logs).toEqual([{ ...skipped, status: 'skipped', output: null }]);
    expect(jsonLines(await json('--follow'))).toEqual([
      { event: 'gate-skipped', runId: report.runId, ...skipped },
    ]);
  });

  it('are one JSON document with --json', async () => {
    const { repo, run, report } = await ended();
    const { code, stdout, stderr } = await logs(repo, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const document = JSON.parse(stdout);
    expect(document.runId).toBe(run);
    expect(document.logs).toHaveLength(7);
    expect(document.logs[3]).toEqual({
      item: 'b',
      gate: 'test',
      attempt: 2,
      round: 1,
      status: 'fail',
      cached: false,
      lane: 0,
      exitCode: 3,
      signal: null,
      note: null,
      log: report.items[1]!.gates[0]!.log,
      startedAt: report.items[1]!.gates[0]!.startedAt,
      endedAt: report.items[1]!.gates[0]!.endedAt,
      output: 'it is b\n',
    });
    expect(document.logs[5]).toMatchObject({
      item: null,
      gate: 'test',
      cached: true,
      log: null,
      output: null,
    });
    expect(
      JSON.parse((await logs(repo, '--json', '--item', 'integration', '--gate', 'lint')).stdout),
    ).toMatchObject({ runId: run, logs: [{ item: null, gate: 'lint' }] });
  });

  it('are JSON lines with --json and --follow: what was printed, and how each attempt ended', async () => {
    const { repo, run } = await ended();
    const { code, stdout } = await logs(repo, '--json', '--follow', '--item', 'b', '--gate', 'test');
    expect(code).toBe(0);
    const about = { runId: run, item: 'b', gate: 'test', round: 1 };
    expect(jsonLines(stdout)).toEqual(
      [1, 2].flatMap((attempt) => [
        { event: 'output', ...about, attempt, line: 'it is b' },
        expect.objectContaining({ event: 'gate-end', ...about, attempt, status: 'fail', exitCode: 3 }),
      ]),
    );
  });

  it('that are no longer there are missed in words, and null in JSON', async () => {
    const { repo } = await ended();
    rmSync(join(artifactFolder(repo), 'logs/a'), { recursive: true });
    const { code, stdout, stderr } = await logs(repo, '--item', 'a');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr.match(/no longer there/g)).toHaveLength(2);
    const { logs: found } = JSON.parse((await logs(repo, '--item', 'a', '--json')).stdout);
    expect(found.map(({ output }: { output: unknown }) => output)).toEqual([null, null]);
  });

  it('are not taken from a later run that has written to the same folder', async () => {
    const { repo, run } = await ended();
    await mergePlan(repo, { items: [{ name: 'b' }] });
    const [problem] = problemsOf(await logs(repo, run, '--json'));
    expect(problem).toMatchObject({ code: 'logs-replaced', message: expect.stringContaining(run) });
    expect((await logs(repo)).code).toBe(0);
  });

  it('come whole, however long they are', async () => {
    const repo = create();
    repo.branch('a', { a: '\n' });
    await mergePlan(repo, { items: [{ name: 'a' }], gates: [{ name: 'test', run: 'seq 400000' }] });
    const { stdout } = await logs(repo, '--gate', 'test');
    const lines = linesOf(stdout);
    expect(lines).toHaveLength(400_000);
    expect(lines.at(-1)).toBe('a: test | 400000');
  });

  it('are refused for what there is not, with what may be meant', async () => {
    const { repo, run } = await ended();
    const refused = async (...args: string[]) => problemsOf(await logs(repo, '--json', ...args))[0];
    expect(await refused('--item', 'c')).toMatchObject({ code: 'unknown-item', hint: 'it has a, b' });
    expect(await refused('--gate', 'tset')).toMatchObject({
      code: 'unknown-gate',
      hint: 'did you mean "test"?',
    });
    expect(await refused('--item', 'a', '--gate', 'x')).toMatchObject({
      code: 'unknown-gate',
      message: '"a" has no gate "x"',
      hint: 'it has test, lint',
    });
    expect(await refused(`${run.slice(0, -1)}z`)).toMatchObject({
      code: 'unknown-run',
      hint: `did you mean "${run}"?`,
    });
    const empty = create();
    expect(problemsOf(await logs(empty, '--json'))).toMatchObject([{ code: 'no-runs' }]);
  });

  it('end quietly where nobody reads them to their end', async () => {
    const { repo } = await ended();
    const child = spawn('sh', ['-c', '"$0" "$1" logs --follow | head -n 1', process.execPath, CLI], {
      cwd: repo.path,
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stderr).not.toMatch(/error|EPIPE/i);
  });
});

describe('logs of a run that goes on', () => {
  it('--follow prints what gates print as they print it, and ends with the run', async () => {
    const { repo, gates, ended: merged } = held('a', 'b');
    await gates.started(['a']);
    const { end, printed } = follow(repo);
    await printed('a: test | begin a\n');
    gates.letGo('a');
    await printed('b: test | begin b\n');
    gates.letGo('b');
    expect((await merged).code).toBe(0);
    const { code, stdout, stderr } = await end;
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual(
      ['a', 'b'].flatMap((id) => [`${id}: test | begin ${id}`, `${id}: test | end`]),
    );
    expect(linesOf(stderr)).toEqual(
      ['a', 'b'].map((id) => expect.stringMatching(`^gate test of ${id} passed in`)),
    );
  });

  it('--follow prints the gates that were asked for, and waits for them', async () => {
    const { repo, gates, ended: merged } = held('a');
    await gates.started(['a']);
    const { end, printed } = follow(repo, '--item', 'b', '--gate', 'test');
    gates.letGo('a');
    await printed('begin b\nend\n');
    await merged;
    expect(await end).toMatchObject({ code: 0, stdout: 'begin b\nend\n' });
  });

  it('without --follow are those so far, of gates that still run too', async () => {
    const { repo, gates, ended: merged } = held('b');
    await gates.started(['b']);
    const { code, stdout } = await logs(repo);
    expect({ code, lines: linesOf(stdout) }).toEqual({
      code: 0,
      lines: ['a: test | begin a', 'a: test | end', 'b: test | begin b'],
    });
    const document = JSON.parse((await logs(repo, '--json')).stdout);
    expect(document.logs).toMatchObject([
      { item: 'a', status: 'pass', output: 'begin a\nend\n' },
      { item: 'b', attempt: 1, status: 'running', output: 'begin b\n' },
    ]);
    gates.letGo('b');
    await merged;
  });

  it('--follow ends when nobody carries the run any more, with what was printed', async () => {
    const { repo, gates, child, ended: merged } = held('a');
    await gates.started(['a']);
    const { end, printed } = follow(repo);
    await printed('begin a');
    child.kill('SIGKILL');
    await merged;
    expect(await end).toMatchObject({ code: 0, stdout: 'a: test | begin a\n' });
    expect(JSON.parse((await logs(repo, '--json')).stdout).logs).toMatchObject([{ status: 'stopped' }]);
    gates.letGo('a');
    expect((await runCli(['resume'], { cwd: repo.path })).code).toBe(0);
    expect(linesOf((await logs(repo, '--item', 'a')).stdout)).toEqual(['a: test | begin a', 'a: test | end']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('--follow ends at %s, and the run goes on', async (signal, expected) => {
    const { repo, gates, ended: merged } = held('a');
    await gates.started(['a']);
    const { child, end, printed } = follow(repo, '--json');
    await printed('begin a');
    child.kill(signal);
    expect((await end).code).toBe(expected);
    gates.letGo('a');
    expect((await merged).code).toBe(0);
  });

  it('--follow ends where nobody reads it any more', async () => {
    const { repo, gates, ended: merged } = held('a', 'b');
    await gates.started(['a']);
    const { child, end, printed } = follow(repo);
    await printed('begin a');
    child.stdout!.destroy();
    // Notices as soon as there is more to print.
    gates.letGo('a');
    expect((await end).code).toBe(0);
    gates.letGo('b');
    await merged;
  });
});
