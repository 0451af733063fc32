// Breaks the promises of docs/safety.md on purpose, one mutation after another in a copy, and tells which test notices.
// Usage: npm run mutants [-- NAME…] [--json] [--write]; --write puts the table into docs/safety.md.
import { parseArgs } from 'node:util';
import { readMutations, stale } from './mutants/mutations.mjs';
import { makeScratch } from './mutants/scratch.mjs';
import { writeTable } from './mutants/table.mjs';
import { createTester } from './mutants/tester.mjs';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, write: { type: 'boolean' } },
  allowPositionals: true,
});
const say = (text) => process.stderr.write(text);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => stopping.abort());

process.exitCode = await main().catch((error) => {
  if (stopping.signal.aborted) return 130;
  say(`${error.message}\n`);
  return 2;
});

/** @returns 0 where each mutation was noticed, 1 where one was not */
async function main() {
  const mutations = select(readMutations());
  const problems = mutations.flatMap(stale);
  if (problems.length > 0) throw new Error(`the list is stale:\n${problems.join('\n')}`);

  const scratch = makeScratch();
  try {
    const tester = createTester(scratch.root, stopping.signal);
    await refuseFailing(tester, mutations);
    const found = [];
    for (const mutation of mutations) found.push(await attempt(scratch, tester, mutation, found.length));
    const survivors = found.filter(({ caughtBy }) => caughtBy === null);
    say(`${found.length - survivors.length} of ${found.length} were noticed\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    if (values.write) writeTable(found);
    return survivors.length === 0 ? 0 : 1;
  } finally {
    scratch.remove();
  }

  async function attempt(scratch, tester, mutation, index) {
    say(`[${index + 1}/${mutations.length}] ${mutation.invariant} ${mutation.name}: `);
    const restore = scratch.mutate(mutation);
    const startedAt = performance.now();
    const caughtBy = (await tester.firstFailure(mutation.tests)) ?? null;
    restore();
    const words = caughtBy === null ? 'SURVIVED' : `${caughtBy.file}: ${caughtBy.test}`;
    say(`${words} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`);
    const { name, invariant, broken, file } = mutation;
    return { name, invariant, broken, file, caughtBy };
  }
}

function select(mutations) {
  const known = new Set(mutations.map(({ name }) => name));
  const unknown = positionals.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`no mutation is named ${unknown.join(', ')}`);
  if (values.write && positionals.length > 0) throw new Error('--write is for all of them');
  return positionals.length === 0 ? mutations : mutations.filter(({ name }) => positionals.includes(name));
}

/** What fails without a mutation would seem to notice each of them. */
async function refuseFailing(tester, mutations) {
  const tests = [...new Set(mutations.flatMap((mutation) => mutation.tests))];
  say(`without a mutation, ${tests.length} test files: `);
  const failure = await tester.firstFailure(tests);
  if (failure !== undefined) throw new Error(`${failure.file}: ${failure.test} fails`);
  say('all pass\n');
}
