// Bundles the command line and the library into dist/. Commands are chunks of their own, so that each loads only what it needs.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { 'lex-pr': 'bin/lex-pr.ts', index: 'lib/index.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  write: false,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  minifySyntax: true,
  sourcemap: 'linked',
  // CommonJS dependencies call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  define: { LEX_PR_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
});

// A run or a test may be using dist/: each file is replaced whole, the entry last, and what is no longer part of
// it goes only when nothing can have started with it recently.
mkdirSync(dist, { recursive: true });
const isEntry = ({ path }) => path.endsWith('lex-pr.mjs');
for (const file of outputFiles.toSorted((a, b) => isEntry(a) - isEntry(b))) {
  const temporary = `${file.path}.${process.pid}.tmp`;
  writeFileSync(temporary, file.contents, { mode: isEntry(file) ? 0o755 : 0o644 });
  renameSync(temporary, file.path);
}
const current = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(dist)) {
  const path = join(dist, name);
  const { mtimeMs } = statSync(path);
  // Chunks of earlier builds; other things are built into dist/ as well.
  const isOurs = /-[0-9A-Z]{8}\.mjs(\.map)?$|\.tmp$/.test(name);
  const isStale = isOurs && !current.has(name) && Date.now() - mtimeMs > 600_000;
  if (isStale) rmSync(path, { force: true });
}
