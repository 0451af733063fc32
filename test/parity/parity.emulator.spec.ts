import type { Report, ReportGate } from '../../lib/report/report';
import { hostedRepositories, reportOf, submit } from '../aws/cloud';
import { mergePlan, type PlanDocument } from '../support/cli';
import type { TestRepository } from '../support/repository';
import { SCENARIOS, type Scenario } from './scenarios';

const hosted = hostedRepositories();

describe('both engines', () => {
  it.each(SCENARIOS)('bring $name to the same end', async (scenario) => {
    const host = await hosted((made) => {
      // Results are remembered by tree, for all repositories of a stack.
      made.commit({ scenario: scenario.name });
      scenario.fill(made);
    });
    const repo = host.repo.copy();
    try {
      const before = repo.git('rev-parse', 'main');
      const plan = scenario.plan(host.repo);
      const [cloud, local] = await Promise.all([
        submit(host, plan, scenario).then((run) => reportOf(run, plan)),
        mergeHere(repo, scenario.plan(repo), scenario),
      ]);
      expect(comparable(cloud)).toEqual(comparable(local));
      expect(history(host.repo, before)).toEqual(history(repo, before));
    } finally {
      repo.remove();
    }
  });
});

async function mergeHere(repo: TestRepository, plan: PlanDocument, scenario: Scenario): Promise<Report> {
  const { execute = true, gatesOnly = false } = scenario;
  repo.git('checkout', '-q', '--detach');
  if (gatesOnly) return (await mergePlan(repo, plan, [], {}, 'run')).report;
  return (await mergePlan(repo, plan, execute ? ['--execute'] : [])).report;
}

/** What a report says apart from times, and from what names the run: woven commits carry its name. */
function comparable({ items, integration, target, runId, ...report }: Report) {
  // In which round of a search something was seen depends on how many lanes were free.
  const without = (text: string | null) =>
    text?.replaceAll(runId, 'RUN').replace(/integration@[\d.]+/g, 'integration@N');
  const gates = (all: readonly ReportGate[]) =>
    all.map(({ name, required, blocking, status, attempts, flaky, exitCode, signal, note, cached }) => ({
      ...{ name, required, blocking, status, attempts, flaky, exitCode, signal },
      cached,
      note: without(note),
    }));
  return {
    status: report.status,
    dryRun: report.dryRun,
    gatesOnly: report.gatesOnly,
    warnings: report.warnings,
    base: target.before,
    tree: integration?.tree,
    verification: integration === null ? null : gates(integration.gates),
    items: items.map(({ name, branch, deps, status, reason, blockedBy, path, head, candidate, ...item }) => ({
      ...{ name, branch, deps, status, blockedBy, path, head },
      reason: without(reason),
      isWoven: item.mergeCommit !== null,
      // Its gates may have been faster than what blocks it: a conflict in the weave.
      ...(status !== 'blocked' && { candidate, gates: gates(item.gates) }),
    })),
  };
}

/** Trees, authors, words and items of what has landed; commits that the run has made have the date of its start. */
const history = (repo: TestRepository, before: string) =>
  repo
    .git(
      'log',
      '--format=%T|%P|%an|%ae|%at|%s|%(trailers:key=Lex-PR-Item,valueonly,separator=+)',
      `${before}..main`,
    )
    .split('\n')
    .map((line) =>
      line
        .replace(/\|[^|]*\|/, (parents) => `|${parents.split(' ').length}|`)
        .replace(/\|(\d{10})\|/, (date, seconds) => (Number(seconds) < MADE_BY_TESTS_UNTIL ? date : '|now|')),
    );

/** Dates of test repositories begin in 2023. */
const MADE_BY_TESTS_UNTIL = Date.UTC(2025, 0) / 1000;
