import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Io } from '../../lib/cli/io';
import { mergeOrderCommand } from '../../lib/cli/merge-order';
import { metricsCommand } from '../../lib/cli/metrics';
import { planCommand } from '../../lib/cli/plan';
import { reportCommand } from '../../lib/cli/report';
import { status } from '../../lib/cli/status';
import { checkHome } from '../../lib/doctor/home';
import { tryHome } from '../../lib/repository/home';
import { artifactFolder, mergePlan, writePlan } from '../support/cli';
import { asNobody } from '../support/nobody';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

/** A command in this process. */
async function run(cwd: string, command: (io: Io) => Promise<number>) {
  const out = { stdout: '', stderr: '' };
  const to = (name: keyof typeof out) =>
    new Writable({
      write(chunk, _, done) {
        out[name] += chunk;
        done();
      },
    });
  const io: Io = { stdin: Readable.from(['']), stdout: to('stdout'), stderr: to('stderr'), cwd, env: {} };
  return { code: await command(io), ...out };
}

/** Takes from everybody else the right to write in the repository; `again` gives it back. */
function forbid(repo: TestRepository): () => void {
  const all = (mode: string) => execFileSync('chmod', ['-R', mode, repo.root]);
  all('a+rX,a-w');
  return () => all('u+w');
}

describe('where nothing can be written', () => {
  it('status, report and metrics show the runs that are there, and leave nothing behind', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const { report } = await mergePlan(repo, { items: [{ name: 'a' }] });
    const home = join(repo.path, '.lex-pr');
    const before = readdirSync(home);
    const again = forbid(repo);
    try {
      await asNobody(async () => {
        const shown = await run(repo.path, (io) => status(undefined, { json: true }, io));
        expect(JSON.parse(shown.stdout)).toMatchObject({ runId: report.runId, status: 'ended' });
        const { stdout } = await run(repo.path, (io) => reportCommand(undefined, { json: true }, io));
        expect(JSON.parse(stdout)).toEqual(report);
        const { stdout: metrics } = await run(repo.path, (io) => metricsCommand(undefined, {}, io));
        expect(metrics).toBe(readFileSync(join(artifactFolder(repo), 'metrics.prom'), 'utf8'));
      });
      expect(readdirSync(home)).toEqual(before);
    } finally {
      again();
    }
  });

  it('they say that there has been no run, and make no folder for that', async () => {
    const repo = create();
    await expect(run(repo.path, (io) => status(undefined, {}, io))).rejects.toThrow(
      'there has been no run here',
    );
    expect(readdirSync(repo.path)).not.toContain('.lex-pr');
  });

  it('a plan is made and ordered without a cache, with a warning', async () => {
    const repo = create();
    repo.branch('a', { both: '1\n' });
    repo.branch('b', { both: '2\n' });
    const plan = writePlan(repo, { items: [{ name: 'a' }, { name: 'b', deps: ['a'] }] });
    const again = forbid(repo);
    try {
      await asNobody(async () => {
        const planned = await run(repo.path, (io) => planCommand({ infer: 'overlap', json: true }, io));
        expect(JSON.parse(planned.stdout).items).toEqual([{ name: 'a' }, { name: 'b', deps: ['a'] }]);
        const ordered = await run(repo.path, (io) => mergeOrderCommand(plan, { json: true }, io));
        expect(JSON.parse(ordered.stdout).order).toEqual(['a', 'b']);
        for (const { stderr } of [planned, ordered])
          expect(stderr).toMatch(/"level":"warn","event":"no-cache","message":"the cache cannot be used/);
      });
    } finally {
      again();
    }
  });

  it('doctor takes nothing for lost, and names the command that lets you write', async () => {
    const repo = create();
    await mergePlan(repo, { items: [] });
    const home = join(repo.path, '.lex-pr');
    const again = forbid(repo);
    const mend =
      process.getuid?.() === 0 ? /^sudo chown -R .* '.*\.lex-pr'$/ : /^chmod -R u\+rwX '.*\.lex-pr'$/;
    try {
      await asNobody(async () => {
        await expect(tryHome(home)).rejects.toMatchObject({
          problems: [{ code: 'no-home', hint: expect.stringMatching(mend) }],
        });
        const wrong = (await checkHome(home)).filter(({ ok }) => !ok);
        expect(wrong).toMatchObject([
          { name: 'store', mend: expect.stringMatching(mend) },
          { name: 'cache', mend: expect.stringMatching(mend) },
        ]);
      });
    } finally {
      again();
    }
  });
});

it('a cache file that cannot be used is left where it is: gates run, the items merge, and a warning says so', async () => {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  await mergePlan(repo, { items: [] });
  const cache = join(repo.path, '.lex-pr/cache.db');
  writeFileSync(`${cache}.lock`, 'no database, whatever its name says\n'.repeat(99));
  chmodSync(cache, 0o400);
  const before = readFileSync(cache);
  const { code, stderr, outcome } = await mergePlan(repo, { items: [{ name: 'a' }] });
  expect({ code, outcome }).toEqual({ code: 0, outcome: { a: 'merged' } });
  expect(stderr).toMatch(/^warning: the cache cannot be used, and nothing is remembered: .*lex-pr doctor/m);
  expect(readFileSync(cache)).toEqual(before);
});
