import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MAX_ANSWER_BYTES } from '../../lib/callbacks/answer';
import { artifactFolder, itemOf, mergePlan, problemsOf, runCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { startMerge } from './cancelling';
import { OutsideChecks, send } from './outside-checks';

jest.setTimeout(60_000);
const create = testRepositories();

function makeChecks(gate: Record<string, unknown> = {}) {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  const checks = new OutsideChecks(repo);
  const plan = {
    items: [{ name: 'a' }],
    gates: [checks.gate(gate)],
    policy: { integration: 'none', retries: { ci: { maxAttempts: 2 } } },
  };
  return { repo, checks, plan };
}

function startChecks(gate?: Record<string, unknown>, env: Record<string, string> = {}) {
  const { repo, checks, plan } = makeChecks(gate);
  return { checks, plan, ...startMerge(repo, plan, { env }) };
}

const logOf = (repo: TestRepository, log: string | null) =>
  readFileSync(join(artifactFolder(repo), log!), 'utf8');

describe('a gate that runs elsewhere', () => {
  it('is started by its command, and passes when it is answered that it has passed', async () => {
    const { repo, checks, end } = startChecks();
    const asked = await checks.asked('a');
    expect(asked.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callbacks\//);
    const url = 'https://ci.example/7';
    expect(await send(asked, { status: 'pass', log: 'all is well', url })).toMatchObject({ status: 'pass' });
    const merged = await end();
    expect(merged.code).toBe(0);
    const [gate] = itemOf(merged, 'a').gates;
    expect(gate).toMatchObject({ status: 'pass', exitCode: 0, attempts: 1, note: `see ${url}` });
    expect(asked.head).toBe(itemOf(merged, 'a').candidate);
    expect(logOf(repo, gate!.log)).toBe(`started\n[lex-pr: answer: pass]\n[lex-pr: ${url}]\nall is well\n`);
    expect(repo.show('main', 'a')).toBe('1');
    await expect(fetch(asked.url)).rejects.toThrow();
  });

  it('has in its log no answer of a run before, though the command prints nothing', async () => {
    const { repo, plan, checks } = makeChecks();
    const folder = join(artifactFolder(repo), 'logs/a');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'ci.1.log'), 'of a run before\n');
    const run = `${plan.gates[0]!.run}`.replace('echo started\n', '');
    const { end } = startMerge(repo, { ...plan, gates: [{ ...plan.gates[0], run }] });
    await send(await checks.asked('a'), { status: 'pass', log: 'all is well' });
    const [gate] = itemOf(await end(), 'a').gates;
    expect(logOf(repo, gate!.log)).toBe('[lex-pr: answer: pass]\nall is well\n');
  });

  it('fails when that is the answer, and each attempt is a callback of its own', async () => {
    const { repo, checks, end } = startChecks();
    const first = await checks.asked('a');
    await send(first, { status: 'fail', exitCode: 2, log: 'broken' });
    const second = await checks.asked('a', 2);
    expect(second.id).not.toBe(first.id);
    expect(await send(first, { status: 'pass' })).toMatchObject({ status: 409 });
    await send(second, { status: 'fail', exitCode: 3, log: 'broken again' });
    const { outcome, ...merged } = await end();
    expect(outcome).toEqual({ a: 'failed: gate-failed' });
    const [gate] = itemOf(merged, 'a').gates;
    expect(gate).toMatchObject({ status: 'fail', exitCode: 3, attempts: 2 });
    expect(logOf(repo, gate!.log)).toContain('[lex-pr: answer: fail: exit code 3]\nbroken again\n');
  });

  it('times out when there is no answer in time, also where its command is what takes so long', async () => {
    const silent = startChecks({ timeoutSeconds: 0.5 });
    const held = startChecks({ timeoutSeconds: 0.5, run: 'sleep 60' });
    const [gate] = itemOf(await silent.end(), 'a').gates;
    expect(gate).toMatchObject({ status: 'timeout', attempts: 2, note: 'no answer within 0.5 s' });
    expect(silent.checks.all('a')).toHaveLength(2);
    const [other] = itemOf(await held.end(), 'a').gates;
    const note = 'the check was not started: timed out after 0.5 s';
    expect(other).toMatchObject({ status: 'timeout', note });
  });

  it('fails when its command does, whatever is answered', async () => {
    const { checks, end } = startChecks({ run: `${new OutsideChecks(create()).gate().run}\nexit 4` });
    checks.hold();
    const asked = await checks.asked('a');
    expect(await send(asked, { status: 'pass' })).toMatchObject({ status: 'pass' });
    checks.letGo();
    const [gate] = itemOf(await end(), 'a').gates;
    expect(gate).toMatchObject({
      status: 'fail',
      exitCode: 4,
      note: 'the check was not started',
      attempts: 2,
    });
  });

  it('verifies the woven commit', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const checks = new OutsideChecks(repo);
    const policy = { integration: { gates: [checks.gate()] } };
    const { end } = startMerge(repo, { items: [{ name: 'a' }], policy });
    const asked = await checks.asked('integration');
    await send(asked, { status: 'pass' });
    const { report, code } = await end();
    expect(code).toBe(0);
    expect(report.integration).toMatchObject({ commit: asked.head, gates: [{ name: 'ci', status: 'pass' }] });
  });

  it('is remembered by what it tested like any other', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const checks = new OutsideChecks(repo);
    const plan = { items: [{ name: 'a' }], gates: [checks.gate({ cache: 'tree' })] };
    const first = startMerge(repo, plan, { args: ['merge'] });
    // It is told nothing of the item; and the weave has the same tree.
    const asked = await checks.asked('integration');
    await send(asked, { status: 'pass' });
    expect((await first.end()).code).toBe(0);
    expect(checks.all('integration')).toHaveLength(1);
    const again = await mergePlan(repo, plan, []);
    expect(itemOf(again, 'a').gates).toMatchObject([{ status: 'pass', cached: true }]);
    expect(checks.all('integration')).toHaveLength(1);
  });
});

describe('what is no valid answer gets told so and changes nothing', () => {
  it('whatever is wrong with it', async () => {
    const { checks, end } = startChecks();
    const asked = await checks.asked('a');
    const pass = { status: 'pass' };
    const codes = async (...args: Parameters<typeof send>) => {
      const { status, allow, errors } = await send(...args);
      return [status, errors.map(({ code }: { code: string }) => code).join(), allow];
    };
    const elsewhere = (path: string) => ({ ...asked, url: new URL(path, asked.url).href });
    expect(await codes(asked, pass, { method: 'GET' })).toEqual([405, 'method', 'POST']);
    expect(await codes(asked, pass, { type: 'text/plain' })).toEqual([415, 'media-type', null]);
    const large = { status: 'pass', log: 'x'.repeat(MAX_ANSWER_BYTES) };
    expect(await codes(asked, large)).toEqual([413, 'too-large', null]);
    expect(await codes(asked, pass, { key: 'wrong' })).toEqual([401, 'signature', null]);
    expect(await codes(asked, pass, { at: Date.now() - 400_000 })).toEqual([401, 'timestamp', null]);
    expect(await codes({ ...asked, url: `${asked.url}0` }, pass)).toEqual([401, 'signature', null]);
    expect(await codes(elsewhere('/'), pass)).toEqual([404, 'not-found', null]);
    expect(await codes(elsewhere('/callbacks/'), pass)).toEqual([404, 'not-found', null]);
    expect(await codes(asked, {})).toEqual([400, 'bad-request', null]);
    expect(await codes(asked, '{')).toEqual([400, 'syntax', null]);
    await send(asked, { status: 'fail' });
    const next = await checks.asked('a', 2);
    await send(next, { status: 'pass' });
    const merged = await end();
    expect(itemOf(merged, 'a').gates).toMatchObject([{ status: 'pass', attempts: 2, flaky: true }]);
  });

  it('a callback that has expired', async () => {
    const { checks, end } = startChecks({ timeoutSeconds: 3 });
    const first = await checks.asked('a');
    const second = await checks.asked('a', 2);
    expect(await send(first, { status: 'pass' })).toMatchObject({ status: 410 });
    expect(await send(second, { status: 'fail' })).toMatchObject({ status: 'fail' });
    expect(itemOf(await end(), 'a').gates).toMatchObject([{ status: 'fail', attempts: 2 }]);
  });

  it('connections that send nothing do not keep a run from its end', async () => {
    const { checks, end } = startChecks();
    const asked = await checks.asked('a');
    const { port } = new URL(asked.url);
    const { connect } = await import('node:net');
    const idle = connect(Number(port), '127.0.0.1');
    const half = connect(Number(port), '127.0.0.1');
    half.write(`POST ${new URL(asked.url).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{`);
    const cut = Promise.all(
      [idle, half].map((socket) => new Promise((done) => socket.on('error', () => {}).on('close', done))),
    );
    await send(asked, { status: 'pass' });
    expect((await end()).code).toBe(0);
    await cut;
  });
});

describe('the place where answers come in', () => {
  it('is the port and the URL that the environment names', async () => {
    const port = await freePort();
    const LEX_PR_CALLBACK_PORT = String(port);
    const { checks, end } = startChecks(
      {},
      { LEX_PR_CALLBACK_PORT, LEX_PR_CALLBACK_BASE_URL: 'https://ci.example/lex/' },
    );
    const asked = await checks.asked('a');
    expect(asked.url).toBe(`https://ci.example/lex/callbacks/${asked.id}`);
    await send({ ...asked, url: `http://127.0.0.1:${port}/callbacks/${asked.id}` }, { status: 'pass' });
    expect((await end()).code).toBe(0);
  });

  it('is refused before anything starts where the port is taken, or is none', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const checks = new OutsideChecks(repo);
    const path = writePlan(repo, { items: [{ name: 'a' }], gates: [checks.gate()] });
    const refused = async (env: Record<string, string>) =>
      problemsOf(await runCli(['merge', path, '--execute', '--json'], { cwd: repo.path, env })).map(
        ({ code }) => code,
      );
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      expect(await refused({ LEX_PR_CALLBACK_PORT: String(port) })).toEqual(['callback-port']);
    } finally {
      taken.close();
    }
    expect(await refused({ LEX_PR_CALLBACK_PORT: '0' })).toEqual(['invalid-environment']);
    expect(await refused({ LEX_PR_CALLBACK_BASE_URL: 'ftp://x' })).toEqual([
      'invalid-environment',
      'invalid-environment',
    ]);
    expect(problemsOf(await runCli(['status', '--json'], { cwd: repo.path }))).toMatchObject([
      { code: 'no-runs' },
    ]);
  });

  it('is not there for a run that has no such gates', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const plan = { items: [{ name: 'a' }], gates: [{ name: 'test', run: 'env', cache: 'off' }] };
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const env = { LEX_PR_CALLBACK_PORT: String((taken.address() as AddressInfo).port) };
    const merged = await mergePlan(repo, plan, ['--execute'], { env });
    taken.close();
    expect(merged.code).toBe(0);
    expect(logOf(repo, itemOf(merged, 'a').gates[0]!.log)).not.toContain('CALLBACK');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
