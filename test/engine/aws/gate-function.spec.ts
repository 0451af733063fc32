import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobKeys } from '../../../lib/engine/aws/blobs';
import { runGateJob } from '../../../lib/engine/aws/gate-function';
import { parentlessCommit } from '../../../lib/merge/candidate';
import type { Gate } from '../../../lib/plan/plan';
import { writeBundle } from '../../../lib/repository/bundle';
import { isRunning, until } from '../../gates/workspace';
import {
  artifacts,
  BASE,
  CANDIDATES,
  gateOf,
  type Host,
  jobFor,
  log,
  RUN,
  testHosts,
} from '../../support/gate-jobs';

const host = testHosts();

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});
function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  homes.push(home);
  return home;
}

const machine = (timeLeft = () => 900_000) => ({ timeLeft, clear: async () => {} });
const PLENTY = machine();

/** Runs gates in a function that has just started, or in the one whose home is given. */
async function run(on: Host, gates: readonly Gate[], home = newHome(), how = PLENTY) {
  const { results } = await runGateJob(await jobFor(on, gates), home, how);
  const logOf = (task = 0) => on.blobs.files.get(log(task))?.toString();
  return { results, logOf, first: results[0]! };
}

describe('a gate on AWS', () => {
  it('passes or fails by its exit code, with its log where the job says', async () => {
    const on = await host();
    const { results, logOf } = await run(on, [gateOf('cat src/a README'), gateOf('echo no >&2; exit 3')]);
    expect(results).toMatchObject([
      { task: 0, attempt: 1, outcome: 'pass', exitCode: 0, signal: null, logged: true, artifacts: [] },
      { task: 1, attempt: 1, outcome: 'fail', exitCode: 3, logged: true },
    ]);
    expect([logOf(0), logOf(1)]).toEqual(['a\nbase\n', 'no\n']);
    for (const { startedAt, endedAt, heapUsedBytes, rssBytes } of results) {
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      expect(rssBytes).toBeGreaterThan(heapUsedBytes!);
    }
  });

  it('has an answer of a few hundred bytes, whatever it prints', async () => {
    const { results } = await run(await host(), [gateOf('head -c 100000 /dev/zero')]);
    expect(JSON.stringify(results).length).toBeLessThan(500);
  });

  it('sees the commit that it says it needs, and a parentless one of its tree otherwise', async () => {
    const on = await host();
    const show = 'git rev-parse HEAD; git rev-list --count HEAD; git status --porcelain; git for-each-ref';
    const { logOf } = await run(on, [gateOf(show), gateOf(show, { cache: 'off' })]);
    const lone = await parentlessCommit(
      on.store.commits,
      on.store.repo.git('rev-parse', `${on.commit}^{tree}`),
    );
    expect(logOf(0)).toBe(`${lone}\n1\n`);
    expect(logOf(1)).toBe(`${on.commit}\n2\n`);
  });

  it('ends at its own time limit, with all that it has started', async () => {
    const on = await host();
    const folder = newHome();
    const slow = `echo slow; sleep 61 & echo $! >'${folder}/pid'; sleep 62`;
    const { first } = await run(on, [gateOf(slow, { timeoutSeconds: 1 })]);
    expect(first).toMatchObject({ outcome: 'timeout', note: 'timed out after 1 s', logged: true });
    expect(isRunning(Number(readFileSync(join(folder, 'pid'), 'utf8')))).toBe(false);
  });

  it('ends before its function does, early enough for its log to be stored', async () => {
    const on = await host();
    // Half a minute is kept for storing.
    const { first, logOf } = await run(
      on,
      [gateOf('echo begun; sleep 60')],
      newHome(),
      machine(() => 31_500),
    );
    expect(first).toMatchObject({ outcome: 'timeout', note: 'timed out after 1 s', logged: true });
    expect(logOf()).toBe('begun\n');
  });

  it('is not begun where the function has no time left for it', async () => {
    const on = await host();
    await expect(
      run(
        on,
        [gateOf('true')],
        newHome(),
        machine(() => 30_500),
      ),
    ).rejects.toThrow('no time left');
    expect(on.blobs.files.has(log(0))).toBe(false);
  });

  it('has a log of ten megabytes at most, of which beginning and end are kept', async () => {
    const on = await host();
    const { first, logOf } = await run(on, [
      gateOf('echo first; head -c 20000000 /dev/zero | tr "\\0" x; echo; echo last'),
    ]);
    expect(first.outcome).toBe('pass');
    const text = logOf()!;
    expect(text.length).toBeLessThan(11 * 2 ** 20);
    expect(text).toMatch(/^first\n[\s\S]*\[lex-pr: \d+ bytes left out\][\s\S]*\nlast\n$/);
  });

  it('leaves the artifacts that it says it makes below its own prefix', async () => {
    const on = await host();
    const make = 'mkdir -p out/x; echo 1 >out/a.txt; echo 2 >"out/x/b ü.txt"; echo 3 >other';
    const { first } = await run(on, [gateOf(make, { artifacts: ['out/**'] })]);
    expect(first.artifacts).toEqual(['out/a.txt', 'out/x/b ü.txt']);
    const below = [...on.blobs.files.keys()].filter((key) => key.startsWith(artifacts(0)));
    expect(below.sort()).toEqual(first.artifacts.map((path) => artifacts(0) + path));
    expect(String(on.blobs.files.get(`${artifacts(0)}out/x/b ü.txt`))).toBe('2\n');
  });

  it('passes with a note where the store refuses an artifact', async () => {
    const on = await host();
    const make = 'head -c 2000 /dev/zero >big; echo 1 >small';
    const { first } = await run(on, [gateOf(make, { artifacts: ['big', 'small'] })]);
    expect(first).toMatchObject({ outcome: 'pass', artifacts: ['small'] });
    expect(first.note).toContain('artifact big was not stored');
    expect(first.note).toContain('EntityTooLarge');
  });

  it('leaves out, with a note, files of names that the store cannot keep', async () => {
    const on = await host();
    const make = `const fs = require('fs'); fs.mkdirSync('out');
      for (const name of ['a\\nb', 'c\\rd', 'e\\u0007f', '\\u0024{filename}', 'kept']) fs.writeFileSync('out/' + name, 'x')`;
    const { first } = await run(on, [gateOf(`'${process.execPath}' -e "${make}"`, { artifacts: ['out'] })]);
    const below = [...on.blobs.files.keys()].filter((key) => key.startsWith(artifacts(0)));
    expect([first.artifacts, below]).toEqual([['out/kept'], [`${artifacts(0)}out/kept`]]);
    const refused = 'was not stored: the store takes no file of this name';
    for (const name of ['"out/a\\nb"', '"out/c\\rd"', '"out/e\\u0007f"', 'out/\u0024{filename}'])
      expect(first.note).toContain(`artifact ${name} ${refused}`);
  });

  it('lists as many artifacts as an answer has room for, and counts the others: all are stored', async () => {
    const on = await host();
    const many = gateOf('for k in $(seq 250); do : >f$k; done', { artifacts: ['f*'] });
    expect((await run(on, [many])).first.artifacts).toHaveLength(250);

    // In JSON each backslash is two.
    const make = `const fs = require('fs'); const back = String.fromCharCode(92);
      const dir = ['out', back.repeat(200), back.repeat(200)].join('/');
      fs.mkdirSync(dir, { recursive: true });
      for (let k = 0; k < 210; k++) fs.writeFileSync(dir + '/' + String(k).padStart(200, back), 'x')`;
    const { first, results } = await run(on, [
      gateOf(`'${process.execPath}' -e "${make}"`, { artifacts: ['out'] }),
    ]);
    const bytes = Buffer.byteLength(JSON.stringify({ results }));
    expect(bytes).toBeLessThanOrEqual(128 * 1024);
    expect(bytes).toBeGreaterThan(120 * 1024);
    expect(first.artifacts.length + first.unlisted!).toBe(210);
    expect(first.note).toBe(`${first.unlisted} more artifacts were stored`);
    const below = [...on.blobs.files.keys()].filter((key) => key.startsWith(`${artifacts(0)}out/`));
    expect(below).toHaveLength(210);
  });

  it('fails where its tree cannot be checked out', async () => {
    const on = await host({ [`${'x'.repeat(200)}/a`]: 'a\n' });
    const { repo, git } = on.store;
    // A path that no file system takes.
    const blob = repo.git('rev-parse', 'main:README');
    const { stdout } = await git.run(['mktree'], { input: `100644 blob ${blob}\t${'x'.repeat(300)}\n` });
    const commit = repo.git('commit-tree', '-m', 'long', '-p', 'main', stdout.toString().trim());
    const file = join(repo.root, 'bundle');
    await writeBundle(git, file, [commit], [repo.git('rev-parse', 'main')]);
    await on.blobs.put(CANDIDATES, readFileSync(file));
    const { first } = await run({ ...on, commit }, [gateOf('true')]);
    expect(first).toMatchObject({ outcome: 'fail', exitCode: null, logged: false });
    expect(first.note).toContain('File name too long');
  });
});

describe('several gates in one call', () => {
  const spoil =
    'find "$HOME/../.." -path "*objects/*" -type f -exec chmod +w {} \\; -exec sh -c ": >\\$0" {} \\;';

  it('run one after another, each on a repository that no other has touched', async () => {
    const clear = jest.fn(async () => {});
    const leave = `echo spoilt >src/a; echo x >"$HOME/../../left"; ${spoil}`;
    const look = 'find "$HOME/../.." -name left; git fsck --no-dangling 2>&1; cat src/a';
    const on = await host();
    const { results, logOf } = await run(on, [gateOf(leave), gateOf(look), gateOf(look)], newHome(), {
      ...PLENTY,
      clear,
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass']);
    expect([logOf(1), logOf(2)]).toEqual(['a\n', 'a\n']);
    expect(clear).toHaveBeenCalledTimes(2);
    for (const k of [1, 2]) expect(results[k]!.startedAt).toBeGreaterThanOrEqual(results[k - 1]!.endedAt);
  });

  it('end with the first that decides something by its failure: the others are not begun', async () => {
    const { results } = await run(await host(), [gateOf('true'), gateOf('exit 1'), gateOf('true')]);
    expect(results.map(({ task, outcome }) => [task, outcome])).toEqual([
      [0, 'pass'],
      [1, 'fail'],
    ]);
  });

  it('are not begun once nobody needs them any more', async () => {
    const on = await host();
    await on.blobs.put(blobKeys.unwanted(RUN, 1, 0, 1), '[1]');
    const { results } = await run(on, [gateOf('sleep 1.1'), gateOf('true'), gateOf('true')]);
    expect(results.map(({ task }) => task)).toEqual([0, 2]);
  });

  it('say so where one had less time than alone: that it has not ended says nothing of it', async () => {
    const short = machine(() => 31_500);
    const { results } = await run(
      await host(),
      [gateOf('true'), gateOf('sleep 60'), gateOf('true')],
      newHome(),
      short,
    );
    expect(results).toMatchObject([{ outcome: 'pass' }, { outcome: 'timeout', cut: true }]);
  });

  it('leave those for another call that they have no time left for', async () => {
    const left = [900_000, 30_500];
    const { results } = await run(
      await host(),
      [gateOf('true'), gateOf('true')],
      newHome(),
      machine(() => left.shift()!),
    );
    expect(results).toMatchObject([
      { task: 0, outcome: 'pass' },
      { task: 1, cut: true },
    ]);
  });
});

describe('what a gate on AWS can see', () => {
  const secrets = {
    AWS_ACCESS_KEY_ID: 'AKIAs3cret',
    AWS_SECRET_ACCESS_KEY: 's3cret',
    AWS_SESSION_TOKEN: 's3cret',
    AWS_REGION: 'eu-central-1',
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
    AWS_LAMBDA_FUNCTION_NAME: 'gate',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://s3cret',
    LAMBDA_TASK_ROOT: '/var/task',
    _HANDLER: 'index.handler',
    _X_AMZN_TRACE_ID: 'Root=1-s3cret',
    GITHUB_TOKEN: 's3cret',
    GIT_ASKPASS: '/s3cret',
    NODE_OPTIONS: '--enable-source-maps',
  };
  beforeEach(() => {
    Object.assign(process.env, secrets);
  });
  afterEach(() => {
    for (const name of Object.keys(secrets)) delete process.env[name];
  });

  it('is an environment of its own: nothing of Lambda, of AWS or of ours', async () => {
    const on = await host();
    const { logOf } = await run(on, [gateOf('env', { env: { MINE: 'yes' } })]);
    const names = logOf()!
      .match(/^\w+(?==)/gm)!
      .filter((name) => !/^(LC_\w+|LANG|TZ|USER|LOGNAME|SHELL|OLDPWD|SHLVL|_)$/.test(name));
    expect(names.sort()).toEqual(
      ['CI', 'HOME', 'LEX_PR', 'LEX_PR_GATE', 'LEX_PR_TREE', 'MINE', 'PATH', 'PWD', 'TERM', 'TMPDIR'].sort(),
    );
    expect(logOf()).not.toContain('s3cret');
  });

  it('is that also through the processes that it can ask for their environment, up to the function itself', async () => {
    const on = await host();
    const parents =
      'p=$$; for k in 1 2; do tr "\\0" "\\n" </proc/$p/environ; p=$(cut -d" " -f4 /proc/$p/stat); echo "parent $p"; done';
    const { logOf } = await run(on, [gateOf(parents)]);
    const [mine = '', function_ = ''] = logOf()!.split(/^parent .*$/m);
    expect(mine).toContain('LEX_PR=1');
    expect(mine).not.toContain('s3cret');
    // The process of the function is its parent: what that was started with can be read there (see below).
    expect(logOf()).toContain(`parent ${process.pid}\n`);
    expect(function_).not.toContain('LEX_PR=1');
  });

  it('has no URL of its job: not in its environment, its command line or a file', async () => {
    const on = await host();
    const job = await jobFor(on, [
      gateOf('env; tr "\\0" " " </proc/$PPID/cmdline; grep -rl signature= "$HOME/../.." || true'),
    ]);
    await runGateJob(job, newHome(), PLENTY);
    const text = String(on.blobs.files.get(log(0)));
    expect(text).toContain('LEX_PR=1');
    expect(text).not.toContain('signature=');
    expect(text).not.toContain(new URL(job).host);
  });

  it('is a home and a temporary folder that are empty', async () => {
    const on = await host();
    const gate = gateOf('ls -A "$HOME" "$TMPDIR" | grep -v : ; echo x >"$HOME/x"; echo x >"$TMPDIR/x"');
    const { logOf } = await run(on, [gate, gate]);
    expect([logOf(0)!.trim(), logOf(1)!.trim()]).toEqual(['', '']);
  });
});

describe('a warm gate function', () => {
  it('leaves nothing in its home', async () => {
    const on = await host();
    const home = newHome();
    await run(on, [gateOf('echo x >"$HOME/x"; chmod 000 "$HOME"; mkdir -p a/b; chmod 500 a')], home);
    expect(existsSync(home) ? readdirSync(home) : []).toEqual([]);
    const missing = await jobFor(on, [gateOf('true')], ['runs/r1/none']);
    await expect(runGateJob(missing, home, PLENTY)).rejects.toThrow();
    expect(existsSync(home) ? readdirSync(home) : []).toEqual([]);
  });

  it('shows the next call nothing of the one before', async () => {
    const home = newHome();
    const first = await host();
    const spoil = [
      // Wherever a gate can get to: its tree, its repository, the objects that it comes from, its homes.
      'echo spoilt >src/a; echo spoilt >left; echo "[core] hooksPath = /x" >>.git/config; echo x >.git/hooks-left',
      'find "$HOME/../.." -type d -exec sh -c "echo spoilt >\\$0/left-by-gate" {} \\; 2>/dev/null',
      'find "$HOME/../.." -path "*objects/*" -type f -exec chmod +w {} \\; -exec sh -c ": >\\$0" {} \\;',
    ];
    const left = 'find "$HOME/../.." -name left-by-gate | wc -l';
    const { logOf: spoilt } = await run(first, [gateOf([left, ...spoil, left].join('\n'))], home);
    expect(spoilt()).toMatch(/^0\n[1-9]\d+\n$/);
    const second = await host();
    const look =
      'find "$HOME/../.." -name "*left*"; git status --porcelain; git fsck --no-dangling 2>&1; cat src/a; git config core.hooksPath';
    const { logOf, first: result } = await run(second, [gateOf(`${look}; true`)], home);
    expect(result.outcome).toBe('pass');
    expect(logOf()).toBe('a\n');
  });

  it('shows it nothing even where the process before has died in the middle', async () => {
    const home = newHome();
    writeFileSync(join(home, 'left'), 'x');
    const { logOf } = await run(await host(), [gateOf('echo found:; find "$HOME/../.." -name left')], home);
    expect(logOf()).toBe('found:\n');
  });

  it('takes one job after another for the same gate: the same outcome, and nothing of the first call is used', async () => {
    const on = await host();
    const home = newHome();
    const job = await jobFor(on, [gateOf('test ! -e again && echo x >again')]);
    const outcomes = [];
    for (let k = 0; k < 3; k += 1) outcomes.push((await runGateJob(job, home, PLENTY)).results[0]!.outcome);
    expect(outcomes).toEqual(['pass', 'pass', 'pass']);
  });

  it('may be called twice at once with one job, in two processes', async () => {
    const on = await host();
    const job = await jobFor(on, [gateOf('cat src/a; echo x >made', { artifacts: ['made'] })]);
    const answers = await Promise.all([newHome(), newHome()].map((home) => runGateJob(job, home, PLENTY)));
    for (const { results } of answers)
      expect(results).toMatchObject([{ outcome: 'pass', artifacts: ['made'] }]);
    expect(String(on.blobs.files.get(log(0)))).toBe('a\n');
  });

  it('ends what a gate leaves running, also outside of its process group', async () => {
    const on = await host();
    const folder = newHome();
    const leave = (name: string, how: string) => `${how} sh -c 'echo $$ >${folder}/${name}; exec sleep 60' &`;
    const gate = [
      leave('plain', ''),
      leave('session', 'setsid'),
      leave('nohup', 'nohup'),
      leave('elsewhere', 'cd "$HOME" && setsid'),
      `until [ -s ${folder}/plain ] && [ -s ${folder}/session ] && [ -s ${folder}/nohup ] && [ -s ${folder}/elsewhere ]; do sleep 0.05; done`,
    ];
    const { first } = await run(on, [gateOf(gate.join('\n'))]);
    expect(first.outcome).toBe('pass');
    const pids = ['plain', 'session', 'nohup', 'elsewhere'].map((name) =>
      Number(readFileSync(join(folder, name), 'utf8')),
    );
    await until(() => !pids.some(isRunning));
  });

  it('ends them also where the gate has removed everything around itself', async () => {
    const on = await host();
    const folder = newHome();
    const gate = `echo gone; setsid sh -c 'echo $$ >${folder}/pid; exec sleep 60' & until [ -s ${folder}/pid ]; do sleep 0.05; done; cd /; rm -rf "$(dirname "$(dirname "$HOME")")"`;
    const { first } = await run(on, [gateOf(gate)]);
    expect(first).toMatchObject({ outcome: 'fail', logged: false, note: 'it removed its own log' });
    await until(() => !isRunning(Number(readFileSync(join(folder, 'pid'), 'utf8'))));
  });
});

describe('a job that cannot be run', () => {
  it.each<[string, (on: Host) => void, RegExp]>([
    [
      'its bundle is missing',
      ({ blobs }) => void blobs.files.delete(CANDIDATES),
      /candidates-0\.bundle: .*404 NoSuchKey/,
    ],
    [
      'its bundle is cut off',
      ({ blobs }) => void blobs.files.set(CANDIDATES, blobs.files.get(CANDIDATES)!.subarray(0, -30)),
      /candidates-0\.bundle: git refuses the bundle/,
    ],
    [
      'its bundle is another file',
      ({ blobs }) => void blobs.files.set(CANDIDATES, Buffer.from('<html>')),
      /candidates-0\.bundle: not a bundle/,
    ],
    [
      'its bundle is that of another run',
      ({ blobs }) => void blobs.files.set(BASE, blobs.files.get(CANDIDATES)!),
      /base\.bundle: the repository lacks/,
    ],
  ])('where %s is a fault that names it', async (_, damage, words) => {
    const on = await host();
    damage(on);
    const error = await run(on, [gateOf('true')]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(words);
    expect(`${(error as Error).stack}`).not.toContain('signature=');
    expect(on.blobs.files.has(log(0))).toBe(false);
  });

  it('where the bundles lack its commit is a fault', async () => {
    const on = await host();
    const job = await jobFor(on, [gateOf('true')], [BASE]);
    await expect(runGateJob(job, newHome(), PLENTY)).rejects.toThrow();
    expect(on.blobs.files.has(log(0))).toBe(false);
  });

  it('where its URL has expired is a fault that does not repeat it', async () => {
    const { blobs } = await host();
    const url = await blobs.readUrl('runs/r1/jobs/none', 60);
    const error = await runGateJob(url, newHome(), PLENTY).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toBe('cannot read the job: 404 NoSuchKey');
    expect(JSON.stringify(error)).not.toContain(new URL(url).host);
  });

  it('where it is no job at all is a fault', async () => {
    const { blobs } = await host();
    await blobs.put('runs/r1/jobs/x', '{"run": 5}');
    await expect(runGateJob(await blobs.readUrl('runs/r1/jobs/x', 60), newHome(), PLENTY)).rejects.toThrow(
      'tasks',
    );
  });

  it('where a log cannot be stored is a fault: a gate without its log has not passed', async () => {
    const on = await host();
    const url = await jobFor(on, [gateOf('echo x')]);
    const key = blobKeys.job(RUN, 1, 0, 1);
    const job = JSON.parse(String(on.blobs.files.get(key)));
    job.tasks[0].log = job.tasks[0].log.replace('signature=', 'signature=0');
    await on.blobs.put(key, JSON.stringify(job));
    await expect(runGateJob(url, newHome(), PLENTY)).rejects.toThrow('cannot store a file: 403 AccessDenied');
  });
});
