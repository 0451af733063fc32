// Bundles the command line and the library into dist/. Commands are chunks of their own, so that each loads only what it needs.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundle, place, root } from './bundle.mjs';

const dist = join(root, 'dist');
const files = await bundle({
  entryPoints: { 'lex-pr': 'bin/lex-pr.ts', index: 'lib/index.ts' },
  splitting: true,
  target: 'node22',
  minifySyntax: true,
});

// The entry last; what is no longer part of dist/ goes only when nothing can have started with it recently.
const isEntry = ({ path }) => path.endsWith('lex-pr.mjs');
for (const file of files.toSorted((a, b) => isEntry(a) - isEntry(b)))
  place(file, isEntry(file) ? 0o755 : 0o644);
const current = new Set(files.map(({ path }) => basename(path)));
for (const name of readdirSync(dist)) {
  const path = join(dist, name);
  const { mtimeMs } = statSync(path);
  // Chunks of earlier builds; other things are built into dist/ as well.
  const isOurs = /-[0-9A-Z]{8}\.mjs(\.map)?$|\.tmp$/.test(name);
  const isStale = isOurs && !current.has(name) && Date.now() - mtimeMs > 600_000;
  if (isStale) rmSync(path, { force: true });
}
