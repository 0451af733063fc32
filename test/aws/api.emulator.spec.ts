import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import parse from 'parse-prometheus-text-format';
import { signingProxy } from '../support/signing-proxy';
import { followUntil, hostedRepositories, landed, stack } from './cloud';

const hosted = hostedRepositories();
const root = join(__dirname, '../..');
const YAML = { 'content-type': 'application/yaml' };
let proxy: Awaited<ReturnType<typeof signingProxy>>;
beforeAll(async () => {
  proxy = await signingProxy(stack().ApiUrl!);
});
afterAll(() => proxy.close());

const api = (path: string, request?: RequestInit) => fetch(`${proxy.url}${path}`, request);
/** What an answer says, whatever that is. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of the API; each test says what it expects.
const read = async (response: Promise<Response>): Promise<any> => (await response).json();
const start = (plan: string, headers: Record<string, string> = {}) =>
  api('/runs?execute=true', { method: 'POST', headers: { ...YAML, ...headers }, body: plan });
const planOf = (url: string, run = 'true') =>
  `schemaVersion: v1\ntarget: main\nrepository: ${url}\ngates: [{name: test, run: '${run}'}]\nitems: [{name: a}, {name: b}]\n`;
const branches = (repo: Parameters<NonNullable<Parameters<typeof hosted>[0]>>[0]) =>
  repo.branches([{ name: 'a' }, { name: 'b' }]);

it('a run is started, followed and read over HTTP, once for one key', async () => {
  const { repo, server } = await hosted(branches);
  const key = { 'idempotency-key': server.url };
  const answers = await Promise.all([1, 2].map(() => read(start(planOf(server.url), key))));
  const { run, links } = answers[0];
  expect(answers[1].run).toBe(run);
  await followUntil(run, ({ ended }) => ended);
  expect(await read(api(links.self))).toMatchObject({ status: 'ended' });
  const report = await api(links.report);
  expect(await report.json()).toMatchObject({ runId: run, status: 'merged' });
  expect(await (await api(links.report, { headers: { accept: 'text/markdown' } })).text()).toContain(run);
  expect(landed(repo, 'main~2')).toEqual(['a', 'b']);
  const { runs } = await read(api('/runs'));
  expect(runs.map(({ runId }: { runId: string }) => runId)).toContain(run);
});

it('a run is cancelled over HTTP, and nothing of it lands', async () => {
  const { repo, server } = await hosted(branches);
  const before = repo.git('rev-parse', 'main');
  const { run, links } = await read(start(planOf(server.url, 'sleep 30')));
  await followUntil(run, (_, events) => events.some(({ event }) => event === 'start'));
  const cancelled = await api(links.cancel, { method: 'POST' });
  expect(await cancelled.json()).toEqual({ run, result: 'cancelled' });
  expect(repo.git('rev-parse', 'main')).toBe(before);
});

it('the metrics of all runs are read by a parser of somebody else', async () => {
  const { server } = await hosted(branches);
  const { run } = await read(start(planOf(server.url)));
  await followUntil(run, ({ ended }) => ended);
  const families = parse(await (await api('/metrics')).text());
  const merged = families.find(({ name }) => name === 'lex_pr_merge_success_total')!;
  expect(Number(merged.metrics[0]!.value)).toBeGreaterThanOrEqual(2);
});

it('who has not signed is nobody, and what is wrong is refused without a run', async () => {
  const { hostname, port } = new URL(stack().ApiUrl!);
  const unsigned = await fetch(`http://127.0.0.1:${port}/runs`, { headers: { host: hostname } });
  expect(unsigned.ok).toBe(false);
  const repository = 'https://git.example/refused';
  const bad = await start(planOf(repository).replace('{name: a}', '{name: a, deps: [nowhere]}'));
  expect(bad.status).toBe(400);
  expect(await bad.json()).toMatchObject({ errors: [{ path: 'items[0].deps[0]', line: 5 }] });
  expect((await start(`# ${'x'.repeat(5_000_001)}`, { 'content-type': 'text/plain' })).status).toBe(413);
  expect((await api('/runs', { method: 'PUT' })).status).toBe(405);
  // Other specs start runs meanwhile.
  const { runs } = await read(api('/runs'));
  expect(runs.filter((run: { repository: string }) => run.repository === repository)).toEqual([]);
});

/** The document with a run that there is, and without what the fuzzer cannot make values for. */
function fuzzable(run: string): { readonly paths: Readonly<Record<string, object>> } {
  // Everything is signed on the way.
  const { security: _, ...document } = JSON.parse(
    readFileSync(join(root, 'docs/schemas/openapi.json'), 'utf8'),
    (key, value) => {
      if (key === 'pattern' && /\\p|\\0|\(\?/.test(value)) return undefined;
      return value?.in === 'path' && value.name === 'run' ? { ...value, example: run } : value;
    },
  );
  return document;
}

it('a fuzzer finds nothing that the OpenAPI document does not say', async () => {
  const { server } = await hosted(branches);
  const { run } = await read(start(planOf(server.url)));
  await followUntil(run, ({ ended }) => ended);
  const options = [
    '--phases',
    'examples,coverage,fuzzing',
    '--max-examples',
    '25',
    '--seed',
    '1',
    '--no-color',
  ];
  // Whether a plan is good, or a run there, is more than a schema can say.
  const checks = ['--exclude-checks', 'positive_data_acceptance'];
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  const file = join(folder, 'openapi.json');
  const document = fuzzable(run);
  writeFileSync(file, JSON.stringify(document));
  const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
  const command = process.env.LEX_PR_TEST_FUZZER!;
  try {
    const { stdout } = await promisify(execFile)(
      command,
      ['run', file, '--url', proxy.url, ...options, ...checks],
      { cwd: folder, maxBuffer: 64 * 2 ** 20 },
    );
    expect(stdout).toContain(`Tested: ${operations.length}\n`);
  } catch (error) {
    throw new Error(String((error as { stdout?: string }).stdout ?? error).slice(-8_000));
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);
