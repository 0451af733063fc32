// The mutants of some files by Stryker's instrumenter, all judged in one process: minutes where `npm run stryker` takes
// hours. node test/stryker/in-process.mjs FILE… [SPEC…]; without specs those of the folders that the files are in.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { startEmulator } from '../../scripts/emulator.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = join(root, 'test/stryker');
/** A test goes on for ever that takes so long, and so many times as long as without a mutant. */
const PATIENCE = { ms: 15_000, times: 20 };
/** What a test is taken to take before that is known. */
const UNKNOWN_MS = 5_000;

// npx puts what it has installed before all else in the path.
const installed = process.env.PATH.split(delimiter)
  .map((bin) => join(dirname(bin), '@stryker-mutator/instrumenter/dist/src/index.js'))
  .find(existsSync);
if (installed === undefined) throw new Error('start it by npm run stryker:fast');
const { Instrumenter } = await import(pathToFileURL(installed).href);

const named = process.argv.slice(2).map((file) => resolve(root, file));
const files = named.filter((file) => !file.endsWith('.spec.ts'));
const quiet = new Proxy({}, { get: () => () => false });
const asked = files.map((name) => ({ name, content: readFileSync(name, 'utf8'), mutate: true }));
const options = { plugins: null, ignorers: [], excludedMutations: [], noHeader: false };
const { files: changed, mutants: made } = await new Instrumenter(quiet).instrument(asked, options);
// As in `stryker.config.mjs`: of words and codes other tests make sure.
const all = made.filter(({ mutatorName }) => mutatorName !== 'StringLiteral');
// Of files whose tests take long, a sample: each third mutant with LEX_PR_STRYKER_EVERY=3.
const every = Number(process.env.LEX_PR_STRYKER_EVERY ?? 1);
const mutants = all.filter((_, k) => k % every === 0);
const contents = new Map(changed.map(({ name, content }) => [name, content]));

/** The specs of a folder, but for these. */
const specsIn = (at, ...but) =>
  readdirSync(join(root, at))
    .filter((name) => name.endsWith('.spec.ts') && !name.includes('.emulator.'))
    .filter((name) => !but.includes(name.split('.')[0]))
    .map((name) => join(root, at, name));
const isIn = (at) => files.some((file) => file.startsWith(join(root, at)));
const isStore = files.some((file) => /store|sqlite/.test(file));
const specs = [
  ...(isIn('lib/run') ? specsIn('test/run', ...(isStore ? [] : ['line', 'store'])) : []),
  ...(isIn('lib/run')
    ? ['engine/coordinator', 'engine/aws/turn', 'cost/groups'].map((name) =>
        join(root, `test/${name}.spec.ts`),
      )
    : []),
  // Real repositories, and landings on one in memory.
  ...(isIn('lib/merge') ? [...specsIn('test/merge'), ...specsIn('test/invariants', 'real')] : []),
];
const chosen = named.filter((file) => file.endsWith('.spec.ts'));

const folder = mkdtempSync(join(tmpdir(), 'lex-pr-mutants-'));
// As of every folder for temporary files: some tests are another user.
chmodSync(folder, 0o1777);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const outfile = join(folder, 'judge.cjs');
await build({
  stdin: {
    contents: [
      "import { judge, see } from './harness';",
      // Each in a group, for hooks that are in none.
      ...(chosen.length > 0 ? chosen : specs).map(
        (name) => `describe(${JSON.stringify(basename(name))}, () => void require(${JSON.stringify(name)}));`,
      ),
      `process.once('message', async ({ ids, known }) => {
        try {
          const seen = known ?? (await see((test) => process.send({ test })));
          // It is long, and what is told after that has to be under way before a test that never ends.
          if (known === undefined) await new Promise((sent) => process.send({ seen }, sent));
          await judge(ids, seen, (id, told) => process.send({ id, ...told }));
          process.send({}, () => process.exit(0));
        } catch (error) {
          console.error(error);
          process.exit(1);
        }
      });`,
    ].join('\n'),
    resolveDir: here,
    loader: 'ts',
  },
  outfile,
  ...{ bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' },
  alias: { 'fast-check': join(here, 'fast-check.js') },
  plugins: [
    {
      name: 'mutants',
      setup: ({ onLoad }) =>
        onLoad({ filter: /\.ts$/ }, ({ path }) =>
          contents.has(path) ? { contents: contents.get(path), loader: 'ts' } : undefined,
        ),
    },
  ],
});

// Those of the stores need one; of the stack there is none here.
const emulator = chosen.some((name) => name.endsWith('.emulator.spec.ts'))
  ? await startEmulator()
  : undefined;

const outcomes = new Map();
/** By the first process, for the others. */
let known;
// What has been judged by then is told.
let stopped = false;
let judging;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    stopped = true;
    judging?.kill('SIGKILL');
  });
const open = () => mutants.map(({ id }) => id).filter((id) => !outcomes.has(id));
while (open().length > 0 && !stopped) await some(open());
await emulator?.stop();

/** Until a mutant hangs; that one is told as `endless`. */
function some(ids) {
  return new Promise((end, fail) => {
    // Where a mutant has git run in the wrong folder, that is this one; and what it leaves goes with it.
    const child = spawn(process.execPath, [outfile], {
      cwd: folder,
      env: { ...process.env, ...emulator?.environment, TMPDIR: folder },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    judging = child;
    let current;
    let last;
    const patience = (ms) => setTimeout(() => child.kill('SIGKILL'), PATIENCE.ms + PATIENCE.times * ms);
    let timer = patience(UNKNOWN_MS);
    child.on('message', ({ id, outcome, ms, seen, test }) => {
      clearTimeout(timer);
      last = test ?? last;
      if (seen !== undefined) {
        known = seen;
        const seconds = Math.round(seen.ms.reduce((sum, each) => sum + each, 0) / 1000);
        console.error(`${seen.ms.length} tests pass without a mutant, in ${seconds} s`);
      }
      current = outcome === undefined ? id : undefined;
      if (outcome !== undefined) {
        outcomes.set(id, outcome);
        if (outcomes.size % 20 === 0) console.error(`${outcomes.size} of ${mutants.length} mutants`);
      }
      timer = patience(ms ?? UNKNOWN_MS);
    });
    // After all that it has sent.
    child.on('disconnect', () => {
      clearTimeout(timer);
      if (stopped) return end();
      if (current !== undefined) outcomes.set(current, 'endless');
      else if (ids.some((id) => !outcomes.has(id))) fail(new Error(`ended without a mutant, in: ${last}`));
      end();
    });
    child.send({ ids, known });
  });
}

for (const file of files) {
  // What takes effect only when the file is loaded cannot be told in one process.
  const of = mutants.filter(
    ({ id, fileName }) => fileName === file && outcomes.has(id) && outcomes.get(id) !== 'loaded',
  );
  const count = (...kinds) => of.filter(({ id }) => kinds.includes(outcomes.get(id))).length;
  const noticed = count('killed', 'endless');
  if (of.length === 0) continue;
  const share = Math.round((100 * noticed) / of.length);
  process.stdout.write(
    `${file.slice(root.length)}: ${noticed} of ${of.length} (${share} %), ${count('endless')} out of time, ${count('not reached')} not reached\n`,
  );
  for (const { id, location, replacement, mutatorName } of of)
    if (['survived', 'not reached'].includes(outcomes.get(id)))
      process.stdout.write(
        `  ${location.start.line + 1}:${location.start.column + 1} ${mutatorName} -> ${replacement.replace(/\s+/g, ' ').slice(0, 100)} (${outcomes.get(id)})\n`,
      );
}
mkdirSync(join(root, 'coverage'), { recursive: true });
writeFileSync(join(root, 'coverage/in-process.json'), JSON.stringify([...outcomes]));
