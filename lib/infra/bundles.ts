import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionName } from './function-table';

/** The folder of this package, from the sources and from the published bundle alike. */
function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'lex-pr') return folder;
    if (folder === dirname(folder)) throw new Error('the package lex-pr is not around this file');
  }
}

/** The folder of all bundled functions and of the Dockerfile that makes images of them. */
export const bundlesFolder = (): string => join(packageRoot(), 'dist/functions');

/** @throws Error when the function was not built */
export function bundleFolder(name: FunctionName): string {
  const folder = join(bundlesFolder(), name);
  if (!existsSync(join(folder, 'index.mjs'))) {
    throw new Error(`the function ${name} is not in ${bundlesFolder()}: run \`npm run build\` first`);
  }
  return folder;
}
