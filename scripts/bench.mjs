// Bundles the benchmarks of test/bench and runs them against the built command line.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { deployToEmulator } from './deploy-to-emulator.mjs';
import { startEmulator } from './emulator.mjs';
import { findNinja } from './ninja.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
try {
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
    cli: join(root, 'dist/lex-pr.mjs'),
    document: join(root, 'docs/benchmarks.md'),
    figures: join(root, 'docs/benchmarks.json'),
  };
  process.exitCode = await bench(process.argv.slice(2), paths, {
    startEmulator,
    deployToEmulator,
    ninja: findNinja,
  });
} finally {
  rmSync(folder, { recursive: true });
}
