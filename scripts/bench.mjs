// Bundles the benchmarks of test/bench and runs them against the built command line.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { deployToEmulator } from './deploy-to-emulator.mjs';
import { startEmulator } from './emulator.mjs';
import { findNinja } from './ninja.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'dist/lex-pr.mjs');
if (!existsSync(cli)) {
  console.error('there is no dist/lex-pr.mjs to measure: npm run build');
  process.exit(2);
}
// All that benches make lies in it, and is gone with it however they end. Handlers stay: Ctrl-C comes twice, from the
// terminal and from npm, and the second one would end this while it removes.
const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
process.env.TMPDIR = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.on(signal, () => process.exit(code));

const outfile = join(folder, 'bench.mjs');
await build({
  entryPoints: [join(root, 'test/bench/main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  // The AWS SDK is CommonJS.
  banner: {
    js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
  },
});
const { bench } = await import(outfile);
const paths = {
  cli,
  document: join(root, 'docs/benchmarks.md'),
  figures: join(root, 'docs/benchmarks.json'),
};
process.exitCode = await bench(process.argv.slice(2), paths, {
  startEmulator,
  deployToEmulator,
  ninja: findNinja,
});
