import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NextAnswer } from '../../../lib/engine/aws/protocol';
import { sharePasses } from '../../../lib/engine/shared-passes';
import { placeholder } from '../../../lib/infra/asl';
import { laneMachine } from '../../../lib/infra/lane-machine';
import type { Gate } from '../../../lib/plan/plan';
import { type Execution, execute, Fault } from '../../infra/execution';
import { BUCKET, type Build, PROJECT, runBuild, type StartBuild } from '../../support/codebuild';
import { type Functions, newToken, type Stack, testStacks } from './stack';

const makeStack = testStacks();
jest.setTimeout(120_000);

const DEFINITION = JSON.parse(
  JSON.stringify(laneMachine())
    .replaceAll(placeholder('Bucket'), BUCKET)
    .replaceAll(placeholder('BuildProject'), PROJECT),
);

interface Ran {
  readonly execution: Execution;
  /** What CodeBuild was asked. */
  readonly started: readonly StartBuild[];
}

/** Lets one lane carry a run: its state machine as it is deployed, the real functions, a stand-in for CodeBuild. */
async function carryWithBuilds(
  stack: Stack,
  run: string,
  build: (call: StartBuild) => Promise<Build> = (call) => runBuild(stack.blobs, call),
): Promise<Ran> {
  const functions: Functions = stack.functions();
  const token = newToken();
  await functions.queue({ run, generation: 1, token });
  await stack.answerTo(token);
  expect((await functions.prepare({ run, generation: 1 })).lanes).toHaveLength(1);
  const started: StartBuild[] = [];
  const execution = await execute(DEFINITION, { run, generation: 1, lane: 0, k: 0 }, async (call) => {
    const { Payload } = call.arguments;
    switch (call.state) {
      case 'Next': {
        const own = newToken();
        await functions.next({ ...Payload, token: own });
        return stack.answerTo<NextAnswer>(own);
      }
      case 'Gate':
        return { Payload: await functions.gate(Payload.job) };
      case 'Merge':
        return { Payload: await functions.merge(Payload) };
      default: {
        started.push(call.arguments);
        const Build = await build(call.arguments);
        if (Build.BuildStatus === 'SUCCEEDED') return { Build };
        throw Object.assign(new Fault('States.TaskFailed'), { cause: JSON.stringify({ Build }) });
      }
    }
  });
  await functions.report({ run, generation: 1 });
  return { execution, started };
}

const IMAGE = 'ghcr.io/a/tools@sha256:0123';
const gate = (run: string, fields: object = {}) => ({
  name: 'test',
  run,
  runtime: 'container',
  image: IMAGE,
  ...fields,
});

/** A run of one item with one gate, on one lane. */
async function runGate(given: object, files: Record<string, string> = { change: '1\n' }, more: object = {}) {
  const stack = await makeStack((repo) => void repo.branch('change', files));
  const policy = { maxWorkers: 1, integration: 'none' };
  const run = await stack.submit({ gates: [given as never], items: [{ name: 'change' }], policy, ...more });
  return { stack, run };
}

/** The same on a tree that is written by hand. */
async function runFiles(write: (path: string) => void, command: string) {
  const stack = await makeStack((repo) => {
    repo.git('checkout', '-q', '-b', 'change');
    write(repo.path);
    repo.commit({});
    repo.git('checkout', '-q', 'main');
  });
  const policy = { maxWorkers: 1, integration: 'none' };
  const run = await stack.submit({ gates: [gate(command) as never], items: [{ name: 'change' }], policy });
  return { stack, run };
}

const gateOf = (stack: Stack, run: string) => stack.report(run).items[0]!.gates[0]!;
const fileOf = (stack: Stack, run: string, path: string) =>
  String(stack.blobs.files.get(`runs/${run}/files/${path}`));
const pathOf = ({ path }: Execution) => path.map(({ state }) => state);

describe('a gate in a container on AWS', () => {
  it('has its work tree packed once, then is a build, and lands what it has tested', async () => {
    const { stack, run } = await runGate(gate('cat change'));
    const { execution, started } = await carryWithBuilds(stack, run);
    expect(pathOf(execution).slice(0, 7)).toEqual(['Begin', 'Next', 'Work', 'Gate', 'Next', 'Work', 'Build']);
    expect(started).toHaveLength(1);
    expect(stack.report(run).items[0]!.status).toBe('merged');
    const found = gateOf(stack, run);
    expect(found).toMatchObject({ status: 'pass', exitCode: 0, attempts: 1 });
    expect(fileOf(stack, run, found.log!)).toBe('1\n');
    expect(stack.repo.show('main', 'change')).toBe('1');
  });

  it('need not run where somebody who is believed says that it passes; what was only heard is not passed on', async () => {
    const pinned: Gate = {
      ...{
        name: 'test',
        run: 'cat change',
        cwd: '.',
        env: {},
        timeoutSeconds: 600,
        artifacts: [],
        cache: 'tree',
      },
      ...{ runtime: 'container', image: `ghcr.io/a/tools@sha256:${'0'.repeat(64)}` },
    };
    const policy = { cacheTTLSeconds: 60, enableCaching: true };
    const outside = (stack: Stack) =>
      sharePasses(stack.cache, policy, { believe: 'stack', tellAs: 'others' });
    const tested = (stack: Stack) => ({ tree: stack.repo.git('rev-parse', 'change^{tree}') });

    const { stack, run } = await runGate(pinned);
    expect((await carryWithBuilds(stack, run)).started).toHaveLength(1);
    expect(await outside(stack).find(pinned, tested(stack))).toEqual({ durationMs: expect.any(Number) });

    const other = await runGate(pinned);
    await outside(other.stack).tell(pinned, tested(other.stack), { durationMs: 5 });
    expect((await carryWithBuilds(other.stack, other.run)).started).toHaveLength(0);
    expect(gateOf(other.stack, other.run)).toMatchObject({ status: 'pass', cached: true });
    expect(await outside(other.stack).find(pinned, tested(other.stack))).toBeUndefined();
  });

  it('is told of in the log of the functions, without the secret name of its build', async () => {
    const { stack, run } = await runGate(gate('cat change'));
    const { started } = await carryWithBuilds(stack, run);
    const about = { run, generation: 1, lane: 0, item: 'change', gate: 'test', attempt: 1 };
    const ofBuild = stack.logs.filter(({ event }) => event === 'source' || event === 'build-end');
    expect(ofBuild).toMatchObject([
      { ...about, function: 'gate', event: 'source' },
      { ...about, function: 'next', event: 'build-end', status: 'pass' },
    ]);
    expect(JSON.stringify(stack.logs)).not.toContain(started[0]!.IdempotencyToken);
  });

  it('is asked of CodeBuild with these arguments', async () => {
    const { stack, run } = await runGate(gate('true', { timeoutSeconds: 3_600 }));
    const { started } = await carryWithBuilds(stack, run);
    const name = started[0]!.IdempotencyToken;
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    expect(started[0]).toEqual({
      ProjectName: PROJECT,
      IdempotencyToken: name,
      ImageOverride: IMAGE,
      ImagePullCredentialsTypeOverride: 'SERVICE_ROLE',
      PrivilegedModeOverride: false,
      TimeoutInMinutesOverride: 75,
      QueuedTimeoutInMinutesOverride: 60,
      SourceTypeOverride: 'S3',
      SourceLocationOverride: `bucket/runs/${run}/sources/${name}.zip`,
      BuildspecOverride: 'buildspec.yml',
      SecondarySourcesOverride: [
        {
          Type: 'S3',
          Location: `bucket/runs/${run}/sources/${stack.repo.git('rev-parse', 'change^{tree}')}.zip`,
          SourceIdentifier: 'tree',
        },
      ],
      ArtifactsOverride: expect.objectContaining({ Path: `runs/${run}/builds/${name}`, Name: 'files' }),
      LogsConfigOverride: expect.objectContaining({ CloudWatchLogs: { Status: 'DISABLED' } }),
    });
  });

  it('has the credentials of CodeBuild for an image of CodeBuild only', async () => {
    const { stack, run } = await runGate(
      gate('true', { image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' }),
    );
    const { started } = await carryWithBuilds(stack, run);
    expect(started[0]!.ImagePullCredentialsTypeOverride).toBe('CODEBUILD');
  });

  it('takes 14 events and three transitions a turn, and is counted so', async () => {
    const { stack, run } = await runGate(gate('true'));
    const { execution } = await carryWithBuilds(stack, run);
    const at = execution.path.findIndex(({ state }) => state === 'Build');
    const [asked, , build, again] = execution.path.slice(at - 2, at + 2);
    expect([asked!.state, build!.state, again!.state]).toEqual(['Next', 'Build', 'Next']);
    expect(again!.written - asked!.written).toBe(14);
    expect(again!.variables.events).toBe(again!.written);
  });

  it('finds the tree as git has it: links, modes, odd names, a repository that needs no other', async () => {
    const { stack, run } = await runFiles((path) => {
      mkdirSync(join(path, "it's odd"));
      mkdirSync(join(path, 'folder'));
      writeFileSync(join(path, "it's odd/ä b"), 'x\n');
      writeFileSync(join(path, 'folder/tool'), '#!/bin/sh\necho tool\n', { mode: 0o755 });
      symlinkSync('folder', join(path, 'link'));
      symlinkSync('nowhere', join(path, 'dangling'));
    }, 'link/tool; cat "it\'s odd/ä b"; readlink dangling; git status --porcelain; git log --format=%s.%P; git fsck');
    await carryWithBuilds(stack, run);
    const found = gateOf(stack, run);
    expect(found.status).toBe('pass');
    const [tool, text, link, ...history] = fileOf(stack, run, found.log!).trimEnd().split('\n');
    expect([tool, text, link]).toEqual(['tool', 'x', 'nowhere']);
    // One commit without parents; no change of a file, nothing that is missing.
    expect(history.filter((line) => !line.startsWith('Checking') && !line.startsWith('notice'))).toHaveLength(
      1,
    );
    expect(history.join()).toMatch(/\.(,|$)/);
  });

  it('sees what any gate sees, and no credentials', async () => {
    const { stack, run } = await runGate(gate('env; pwd', { cwd: 'sub', env: { A: "it's\n$(id)" } }), {
      'sub/here': '',
    });
    await carryWithBuilds(stack, run);
    const log = fileOf(stack, run, gateOf(stack, run).log!);
    expect(log).toMatch(/\/tree\/sub$/m);
    expect(log).toContain("A=it's\n$(id)\n");
    const names = [...log.matchAll(/^(\w+)=/gm)].map(([, name]) => name!);
    const ofShell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    expect(names.filter((name) => !ofShell.includes(name)).sort()).toEqual(
      ['A', 'CI', 'HOME', 'LEX_PR', 'LEX_PR_GATE', 'LEX_PR_TREE', 'PATH', 'TERM'].sort(),
    );
  });

  it('has its history with cache: commit, also when the woven commit is verified', async () => {
    const history = 'git log --format=%s; test "$(git rev-parse HEAD)" = "$LEX_PR_COMMIT"';
    const { stack, run } = await runGate(
      gate(history, { cache: 'commit' }),
      { change: '1\n' },
      { policy: { maxWorkers: 1 } },
    );
    const { started } = await carryWithBuilds(stack, run);
    const trees = started.map((call) => call.SecondarySourcesOverride[0]!.Location);
    expect(new Set(trees).size).toBe(2);
    const { integration, items } = stack.report(run);
    expect([items[0]!.status, integration!.gates[0]!.status]).toEqual(['merged', 'pass']);
    expect(fileOf(stack, run, items[0]!.gates[0]!.log!)).toContain('change change\nbase\n');
    expect(fileOf(stack, run, integration!.gates[0]!.log!)).toContain('base\n');
  });

  it('shares its packed tree with other gates on the same tree, and its pass with a later run', async () => {
    const stack = await makeStack((repo) => void repo.branch('change', { change: '1\n' }));
    const plan = {
      gates: [gate('true'), gate('test -e change', { name: 'other' })] as never,
      items: [{ name: 'change' }],
      policy: { maxWorkers: 1 },
    };
    const first = await carryWithBuilds(stack, await stack.submit(plan, { execute: false }));
    expect(pathOf(first.execution).filter((state) => state === 'Gate')).toHaveLength(1);
    expect(first.started).toHaveLength(2);
    const again = await stack.submit(plan, { execute: false });
    expect((await carryWithBuilds(stack, again)).started).toEqual([]);
    expect(gateOf(stack, again)).toMatchObject({ status: 'pass', cached: true });
  });
});

describe('what a build leaves', () => {
  it('are the files that the patterns name, where those of the run are', async () => {
    const make =
      'mkdir -p out/deep .hidden; echo 1 > out/deep/a; echo 2 > b1; echo 3 > b22; echo 4 > .hidden/c; echo 5 > other';
    const artifacts = ['out', 'b?', '*/c', 'none/**'];
    const { stack, run } = await runGate(gate(`cd "$PWD" && ${make}`, { cwd: 'sub', artifacts }), {
      'sub/here': '',
    });
    await carryWithBuilds(stack, run);
    const prefix = `runs/${run}/files/artifacts/change/test/`;
    const kept = [...stack.blobs.files.keys()].filter((key) => key.startsWith(prefix));
    expect(kept.map((key) => key.slice(prefix.length)).sort()).toEqual(['b1', 'out/deep/a']);
    expect(gateOf(stack, run).note).toBe(
      'no file matches artifact pattern */c; no file matches artifact pattern none/**',
    );
  });

  it('is a log of bounded length', async () => {
    const run = 'echo first; head -c 12000000 /dev/zero | tr "\\0" x; echo; echo last';
    const { stack, run: id } = await runGate(gate(run));
    await carryWithBuilds(stack, id);
    const log = fileOf(stack, id, gateOf(stack, id).log!);
    expect(log.length).toBeLessThan(11 << 20);
    expect(log).toMatch(/^first\nx+\n\[lex-pr: \d+ bytes left out\]\nx+\nlast\n$/);
  });
});

describe('a build that does not pass', () => {
  it('fails its gate with the exit code of the command, and its log', async () => {
    const { stack, run } = await runGate(gate('echo no; exit 3'));
    const { execution, started } = await carryWithBuilds(stack, run);
    expect([execution.status, started.length]).toEqual(['SUCCEEDED', 1]);
    const found = gateOf(stack, run);
    expect(found).toMatchObject({ status: 'fail', exitCode: 3 });
    expect(fileOf(stack, run, found.log!)).toBe('no\n');
    expect(stack.report(run).items[0]!.reason).toContain('exited with 3');
  });

  it('is tried again as often as the policy says', async () => {
    const { stack, run } = await runGate(
      gate('exit 1'),
      { change: '1\n' },
      {
        policy: { maxWorkers: 1, integration: 'none', retries: { test: { maxAttempts: 2 } } },
      },
    );
    const { started } = await carryWithBuilds(stack, run);
    expect(started).toHaveLength(2);
    expect(gateOf(stack, run)).toMatchObject({ status: 'fail', attempts: 2 });
  });

  it('times out where the command takes too long', async () => {
    const { stack, run } = await runGate(gate('echo begun; sleep 300', { timeoutSeconds: 1 }));
    await carryWithBuilds(stack, run);
    const found = gateOf(stack, run);
    expect(found).toMatchObject({ status: 'timeout', note: 'timed out after 1 s' });
    expect(fileOf(stack, run, found.log!)).toBe('begun\n');
  });

  it.each([
    ['image', gate('true', { image: 'missing:1' }), "Unable to pull customer's container image: missing:1"],
    ['folder', gate('true', { cwd: 'nowhere' }), ''],
  ])('for want of its %s fails its gate, with the reason', async (_, given, note) => {
    const { stack, run } = await runGate(given);
    const { started } = await carryWithBuilds(stack, run);
    expect(started).toHaveLength(1);
    expect(gateOf(stack, run)).toMatchObject({ status: 'fail' });
    if (note !== '') expect(stack.report(run).items[0]!.reason).toContain(note);
  });

  it('without the fault of the gate is given out again; three times, and the gate has failed', async () => {
    const stopped: Build = { Id: 'project:1', BuildStatus: 'STOPPED' as never, Phases: [] };
    const { stack, run } = await runGate(gate('true'));
    let left = 2;
    const { started } = await carryWithBuilds(stack, run, async (call) => {
      left -= 1;
      return left >= 0 ? stopped : runBuild(stack.blobs, call);
    });
    expect(started).toHaveLength(3);
    expect(gateOf(stack, run)).toMatchObject({ status: 'pass', attempts: 1 });

    const other = await runGate(gate('true'));
    expect((await carryWithBuilds(other.stack, other.run, async () => stopped)).started).toHaveLength(3);
    expect(other.stack.report(other.run).items[0]!.reason).toContain(
      'lost 3 times: build project:1: STOPPED',
    );
  });

  it('may be one that was never started', async () => {
    const { stack, run } = await runGate(gate('true'));
    const { started } = await carryWithBuilds(stack, run, async () => {
      throw new Fault('CodeBuild.InvalidInputException', 'no such project');
    });
    expect(started).toHaveLength(3);
    expect(stack.report(run).items[0]!.reason).toContain('CodeBuild.InvalidInputException: no such project');
  });
});

it('a tree that cannot be packed fails its gate, and no build is started', async () => {
  const { stack, run } = await runFiles((path) => {
    writeFileSync(Buffer.concat([Buffer.from(`${path}/b`), Buffer.from([0xff])]), '');
  }, 'true');
  const { started } = await carryWithBuilds(stack, run);
  expect(started).toEqual([]);
  expect(gateOf(stack, run)).toMatchObject({ status: 'fail', note: expect.stringContaining('is no UTF-8') });
});

it('a cancel ends the execution that waits for a build; the next one of the lane has nothing to do', async () => {
  const { stack, run } = await runGate(gate('true'));
  class Aborted extends Error {}
  const aborted = carryWithBuilds(stack, run, async () => {
    await stack.functions().control({ action: 'cancel', run, why: 'enough' });
    throw new Aborted();
  });
  await expect(aborted).rejects.toThrow(Aborted);
  expect(stack.stoppedLanes).toEqual([{ run, generation: 1, lane: 0, k: 0 }]);
  const functions = stack.functions();
  const next = await execute(
    DEFINITION,
    { run, generation: 1, lane: 0, k: 1 },
    async ({ state, arguments: { Payload } }) => {
      expect(state).toBe('Next');
      const token = newToken();
      await functions.next({ ...Payload, token });
      return stack.answerTo<NextAnswer>(token);
    },
  );
  expect(next.output).toEqual({ end: 'done' });
  await functions.report({ run, generation: 1 });
  expect(stack.report(run).items[0]!.status).toBe('cancelled');
});

it('a cancel leaves lanes alone that wait for no build', async () => {
  const { stack, run } = await runGate({ name: 'test', run: 'true' });
  const functions = stack.functions();
  await functions.queue({ run, generation: 1, token: newToken() });
  await functions.prepare({ run, generation: 1 });
  const token = newToken();
  const call = {
    run,
    generation: 1,
    lane: 0,
    k: 0,
    calls: 0,
    retry: 0,
    last: null,
    results: null,
    lost: null,
  };
  await functions.next({ ...call, token });
  expect((await stack.answerTo<NextAnswer>(token)).kind).toBe('gate');
  await functions.control({ action: 'cancel', run, why: 'enough' });
  expect(stack.stoppedLanes).toEqual([]);
});

it('a call that brings a build and is made again changes nothing', async () => {
  const { stack, run } = await runGate(gate('echo once', { artifacts: ['change'] }));
  const twice = new Proxy(stack, {
    get(target, name) {
      if (name !== 'functions') return Reflect.get(target, name);
      return () => {
        const functions = target.functions();
        return {
          ...functions,
          async next(call: Parameters<Functions['next']>[0]) {
            await functions.next(call);
            await target.functions().next({ ...call, retry: call.retry + 1, token: newToken() });
          },
        };
      };
    },
  });
  const { started } = await carryWithBuilds(twice, run);
  expect(started).toHaveLength(1);
  expect(gateOf(stack, run)).toMatchObject({ status: 'pass', attempts: 1 });
  const results = (await stack.events(run)).filter(({ event }) => event === 'result');
  expect(results.filter((event) => 'kind' in event && event.kind === 'gate')).toHaveLength(1);
});
