// What all bundles of dist/ have in common, and how they get there.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const COMMON = {
  absWorkingDir: root,
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  sourcemap: 'linked',
  // CommonJS dependencies call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  define: { LEX_PR_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

/**
 * @param {import('esbuild').BuildOptions} options
 * @returns {Promise<import('esbuild').OutputFile[]>} not written yet
 */
export async function bundle(options) {
  const { outputFiles } = await build({ ...COMMON, ...options });
  return outputFiles;
}

/** Imports a module of this repository that is written in TypeScript. @param {string} entryPoint path from its top */
export async function importBundled(entryPoint) {
  const [{ contents }] = await bundle({ entryPoints: [entryPoint], sourcemap: false });
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bundle-'));
  try {
    const file = join(folder, 'module.mjs');
    writeFileSync(file, contents);
    return await import(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes a file whole, and not at all where it is as it should be: a run or a test may be reading it, or its folder. */
export function place({ path, contents }, mode = 0o644) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents, { mode });
  renameSync(temporary, path);
}
