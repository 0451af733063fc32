// The mutants of some files by Stryker's instrumenter, all judged in one process by the tests of test/run: minutes where
// `npm run stryker` takes hours. node test/stryker/in-process.mjs FILE…
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = join(root, 'test/stryker');
/** A mutant that nothing is heard of for so long goes on for ever. */
const SECONDS = 30;

// npx puts what it has installed before all else in the path.
const installed = process.env.PATH.split(delimiter)
  .map((bin) => join(dirname(bin), '@stryker-mutator/instrumenter/dist/src/index.js'))
  .find(existsSync);
if (installed === undefined) throw new Error('start it by npm run stryker:fast');
const { Instrumenter } = await import(pathToFileURL(installed).href);

const files = process.argv.slice(2).map((file) => resolve(root, file));
const quiet = new Proxy({}, { get: () => () => false });
const asked = files.map((name) => ({ name, content: readFileSync(name, 'utf8'), mutate: true }));
const options = { plugins: null, ignorers: [], excludedMutations: [], noHeader: false };
const { files: changed, mutants: made } = await new Instrumenter(quiet).instrument(asked, options);
// As in `stryker.config.mjs`: of words and codes other tests make sure.
const mutants = made.filter(({ mutatorName }) => mutatorName !== 'StringLiteral');
const contents = new Map(changed.map(({ name, content }) => [name, content]));

const SLOW = ['line', 'store'];
const specs = [
  ...readdirSync(join(root, 'test/run')).filter((name) => !SLOW.includes(name.split('.')[0])),
  ...['../engine/aws/turn.spec.ts', '../cost/groups.spec.ts'],
].filter((name) => name.endsWith('.spec.ts') && !name.includes('.emulator.'));

const folder = mkdtempSync(join(tmpdir(), 'lex-pr-mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const outfile = join(folder, 'judge.cjs');
await build({
  stdin: {
    contents: [
      "import { judge } from './harness';",
      ...specs.map((name) => `import ${JSON.stringify(`../run/${name}`)};`),
      'process.once("message", (ids) => judge(ids, (...told) => process.send(told)).then(() => process.exit(0)));',
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

const outcomes = new Map();
for (let open = mutants.map(({ id }) => id); open.length > 0; open = open.filter((id) => !outcomes.has(id)))
  await some(open);

/** Until a mutant hangs; that one is told as `endless`. */
function some(ids) {
  return new Promise((end, fail) => {
    const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let current;
    // The first look at all tests takes longer than any of them.
    let timer = setTimeout(() => child.kill('SIGKILL'), 20 * SECONDS * 1000);
    child.on('message', ([id, outcome]) => {
      clearTimeout(timer);
      current = outcome === undefined ? id : undefined;
      if (outcome !== undefined) outcomes.set(id, outcome);
      timer = setTimeout(() => child.kill('SIGKILL'), SECONDS * 1000);
    });
    child.on('exit', () => {
      clearTimeout(timer);
      if (current !== undefined) outcomes.set(current, 'endless');
      else if (ids.some((id) => !outcomes.has(id))) fail(new Error('the tests do not pass without a mutant'));
      end();
    });
    child.send(ids);
  });
}

for (const file of files) {
  // What takes effect only when the file is loaded cannot be told in one process.
  const of = mutants.filter(({ id, fileName }) => fileName === file && outcomes.get(id) !== 'loaded');
  const count = (...kinds) => of.filter(({ id }) => kinds.includes(outcomes.get(id))).length;
  const noticed = count('killed', 'endless');
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
