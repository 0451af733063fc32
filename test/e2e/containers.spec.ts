import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  artifactFolder,
  itemOf,
  type Merged,
  mergePlan,
  problemsOf,
  runCli,
  startCli,
  writePlan,
} from '../support/cli';
import { DockerStandIn } from '../support/docker';
import { type TestRepository, testRepositories } from '../support/repository';
import { HeldGates, isRunning } from './held-gates';

const create = testRepositories();

// Time limits are the subject here; a machine that stands still for a second may break one.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

const IMAGE = 'tools:1';
const inContainer = (run: string, fields: object = {}) => ({
  name: 'test',
  run,
  runtime: 'container',
  image: IMAGE,
  ...fields,
});

function prepare() {
  const repo = create();
  repo.branch('change', { change: '1\n', 'sub/here': '' });
  return { repo, docker: new DockerStandIn(repo.root) };
}

/** Merges one item with one gate. */
async function runGate(repo: TestRepository, docker: DockerStandIn, gate: object) {
  const plan = { gates: [gate as Record<string, unknown>], items: [{ name: 'change' }] };
  const merged = await mergePlan(repo, plan, ['--execute'], { env: { ...docker.env, SECRET: 's3cret' } });
  return { merged, gate: itemOf(merged, 'change').gates[0]! };
}

const logOf = (repo: TestRepository, { report }: Merged) =>
  readFileSync(join(artifactFolder(repo), report.items[0]!.gates[0]!.log!), 'utf8');

const hasEnded = (pids: readonly number[]) => pids.length > 0 && !pids.some(isRunning);

describe('a gate with runtime: container', () => {
  it('runs in the work tree, with nothing of our environment, and leaves no container', async () => {
    const { repo, docker } = prepare();
    const run = 'pwd; ls; git status --porcelain; git log --format=%s; env';
    const { merged, gate } = await runGate(repo, docker, inContainer(run, { cwd: 'sub', env: { A: '1' } }));
    expect({ code: merged.code, ...gate }).toMatchObject({ code: 0, status: 'pass', exitCode: 0 });
    const [folder, ...lines] = logOf(repo, merged).trimEnd().split('\n');
    expect(folder).toMatch(/\/lanes\/.*\/tree\/sub$/);
    const names = lines.slice(2).map((line) => line.split('=')[0]!);
    const expected = ['A', 'CI', 'HOME', 'LEX_PR', 'LEX_PR_GATE', 'LEX_PR_TREE', 'PATH', 'PWD', 'TERM'];
    expect(lines[0]).toBe('here');
    expect(names.filter((name) => !['OLDPWD', 'SHLVL', '_'].includes(name)).sort()).toEqual(expected);
    expect(docker.containers()).toEqual([]);
  });

  it('is started with the folders of git objects, and by a name of its own', async () => {
    const { repo, docker } = prepare();
    await runGate(repo, docker, inContainer('true'));
    const [args, again] = docker.calls('run');
    expect(again).toBeUndefined();
    const mounts = args!.filter((_, k) => args![k - 1] === '--mount');
    expect(mounts).toEqual([
      expect.stringMatching(/^type=bind,source=.*\/lanes\/.*\/tree,target=\/workspace$/),
      expect.stringMatching(/^type=bind,source=.*\/repositories\/\w+\.git\/objects,target=.*,readonly$/),
      expect.stringMatching(/^type=bind,source=.*\/repo\/\.git\/objects,target=.*,readonly$/),
    ]);
    expect(args![args!.indexOf('--name') + 1]).toMatch(/^lex-pr-[0-9a-f-]{36}$/);
    expect(args!.slice(-5)).toEqual(['/bin/sh', IMAGE, '-c', '--', 'true']);
  });

  it('fails with the exit code of its command, which may be one of the engine', async () => {
    const { repo, docker } = prepare();
    for (const exitCode of [3, 125, 127]) {
      const { gate } = await runGate(repo, docker, inContainer(`echo no; exit ${exitCode}`));
      expect(gate).toMatchObject({ status: 'fail', exitCode });
      expect(
        itemOf((await runGate(repo, docker, inContainer(`exit ${exitCode}`))).merged, 'change').reason,
      ).not.toContain('could not be started');
    }
  });

  it('keeps its artifacts', async () => {
    const { repo, docker } = prepare();
    const { merged } = await runGate(repo, docker, inContainer('echo x > out', { artifacts: ['out'] }));
    const kept = join(artifactFolder(repo), 'artifacts/change/test/out');
    expect(merged.code).toBe(0);
    expect(readFileSync(kept, 'utf8')).toBe('x\n');
  });

  it('is remembered like any other, for its image', async () => {
    const { repo, docker } = prepare();
    const plan = (image: string) => ({
      gates: [inContainer('true', { image })],
      items: [{ name: 'change' }],
    });
    const ran = async (image: string) => {
      await mergePlan(repo, plan(image), [], { env: docker.env });
      return docker.calls('run').length;
    };
    expect([await ran('a:1'), await ran('a:1'), await ran('a:2')]).toEqual([1, 1, 2]);
  });
});

describe('the image of a gate', () => {
  it('is pulled once, however many lanes want it, and not when it is there', async () => {
    const { repo, docker } = prepare();
    const names = ['a', 'b', 'c', 'd'];
    repo.branches(names.map((name) => ({ name })));
    const plan = {
      gates: [inContainer('true')],
      policy: { maxWorkers: 4 },
      items: names.map((name) => ({ name })),
    };
    const { code } = await mergePlan(repo, plan, ['--execute'], { env: docker.env });
    expect(code).toBe(0);
    expect(docker.calls('pull')).toEqual([['pull', '--quiet', IMAGE]]);
  });

  it.each([
    ['missing:1', 'the image missing:1 could not be pulled: see the log', 'pull access denied'],
    ['broken:1', 'the container could not be started: Error response from daemon: no space left', 'no space'],
    ['no-shell:1', 'the container could not be started: Error response from daemon: failed', '"/bin/sh"'],
  ])('%s fails the gate, and the report says that it was not the command', async (image, note, log) => {
    const { repo, docker } = prepare();
    const { merged, gate } = await runGate(repo, docker, inContainer('touch ran', { image }));
    expect(gate.status).toBe('fail');
    expect(itemOf(merged, 'change').reason).toContain(note);
    expect(logOf(repo, merged)).toContain(log);
    expect(docker.containers()).toEqual([]);
  });
});

describe('the end of a container', () => {
  it('comes with the time limit, whatever it ignores', async () => {
    const { repo, docker } = prepare();
    const pids = join(repo.root, 'pids');
    const run = `trap '' TERM; echo $$ >> '${pids}'; sleep 300 & echo $! >> '${pids}'; wait; sleep 300`;
    const { gate } = await runGate(repo, docker, inContainer(run, { timeoutSeconds: 1 }));
    expect(gate.status).toBe('timeout');
    expect(hasEnded(readFileSync(pids, 'utf8').trim().split('\n').map(Number))).toBe(true);
    expect(docker.containers()).toEqual([]);
  });

  const start = () => {
    const { repo, docker } = prepare();
    const held = new HeldGates(repo, { stubborn: true });
    held.hold('change');
    const gate = { ...held.gate, runtime: 'container', image: IMAGE };
    const path = writePlan(repo, {
      gates: [gate],
      items: [{ name: 'change' }],
      policy: { integration: 'none' },
    });
    const options = { cwd: repo.path, env: docker.env };
    return { repo, docker, held, options, run: startCli(['merge', path, '--execute'], options) };
  };

  it('comes with Ctrl-C, and the run goes on', async () => {
    const { repo, docker, held, options, run } = start();
    await held.started(['change'], 2);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(hasEnded(held.pids('change'))).toBe(true);
    expect(docker.containers()).toEqual([]);
    held.letGo('change');
    expect((await runCli(['resume'], options)).code).toBe(0);
    expect(repo.show('main', 'change')).toBe('1');
  });

  it('comes with a second Ctrl-C at once', async () => {
    const { docker, held, run } = start();
    await held.started(['change'], 2);
    const pids = held.pids('change');
    run.child.kill('SIGINT');
    run.child.stderr!.on('data', () => run.child.kill('SIGINT'));
    await run.ended;
    while (pids.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(docker.calls('rm').length).toBeGreaterThan(0);
  });

  it('comes before the run is resumed where lex-pr was killed; until then doctor tells of it', async () => {
    const { repo, docker, held, options, run } = start();
    await held.started(['change'], 2);
    const pids = held.pids('change');
    run.child.kill('SIGKILL');
    await run.ended;
    expect(pids.some(isRunning)).toBe(true);
    const [name] = docker.containers();
    expect((await runCli(['doctor'], options)).stdout).toContain(`rm --force ${name}`);

    docker.stop();
    const [problem] = problemsOf(await runCli(['resume', '--json'], options));
    expect(problem).toMatchObject({ code: 'no-container-engine' });
    const plain = writePlan(repo, { items: [{ name: 'change' }] }, 'plain.json');
    const [other] = problemsOf(await runCli(['merge', plain, '--json'], options));
    expect(other).toMatchObject({ code: 'leftover-container', hint: expect.stringContaining(name!) });

    docker.start();
    held.letGo('change');
    expect((await runCli(['resume'], options)).code).toBe(0);
    expect(hasEnded(pids)).toBe(true);
    expect(docker.containers()).toEqual([]);
    expect((await runCli(['doctor'], options)).code).toBe(0);
  });
});

describe('where nothing starts containers', () => {
  const plan = { gates: [inContainer('true')], items: [{ name: 'change' }] };

  it.each(['merge', 'run'])('%s is refused before anything begins, and names the gate', async (command) => {
    const { repo, docker } = prepare();
    docker.stop();
    const path = writePlan(repo, plan);
    const result = await runCli([command, path, '--json'], { cwd: repo.path, env: docker.env });
    expect(problemsOf(result)).toEqual([
      {
        ...{ file: null, path: null, line: null, column: null },
        code: 'no-container-engine',
        message: expect.stringMatching(
          /^gate "test" .*docker does not work: .*podman does not work: not set up/,
        ),
        hint: expect.stringContaining('docker info'),
      },
    ]);
    expect(existsSync(join(repo.path, '.lex-pr'))).toBe(false);
  });

  it('a machine without Docker and Podman is told so; it runs plans that need neither', async () => {
    const { repo } = prepare();
    const bin = join(repo.root, 'bin');
    mkdirSync(bin);
    for (const program of ['git', 'mkfifo', 'ps']) symlinkSync(find(program), join(bin, program));
    const options = { cwd: repo.path, env: { PATH: bin } };
    const [problem] = problemsOf(await runCli(['merge', writePlan(repo, plan), '--json'], options));
    expect(problem!.message).toContain('there is no docker, and there is no podman');
    const { stdout } = await runCli(['doctor'], options);
    expect(stdout).toMatch(/^ok +containers +no engine for gates/m);
    const plain = writePlan(repo, { gates: [{ name: 'test', run: ':' }], items: [{ name: 'change' }] });
    expect((await runCli(['merge', plain], options)).code).toBe(0);
  });
});

function find(program: string): string {
  const folders = process.env.PATH!.split(delimiter);
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file))!;
}
