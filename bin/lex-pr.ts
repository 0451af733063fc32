#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command line's entry: answers `--version` without loading anything else. */
declare const LEX_PR_VERSION: string;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) await startWithNewer();
else if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2]!)) {
  process.stdout.write(`${LEX_PR_VERSION}\n`);
} else {
  const { keepCompiled } = await import('../lib/cli/compile-cache');
  keepCompiled(fileURLToPath(import.meta.url));
  const { hideExperiments } = await import('../lib/cli/experiments');
  hideExperiments();
  const { surviveBrokenOutput } = await import('../lib/cli/broken-output');
  const { listenToStarter } = await import('../lib/cli/starter');
  const { main } = await import('../lib/cli/main');
  surviveBrokenOutput();
  listenToStarter();
  process.exitCode = await main(process.argv.slice(2), LEX_PR_VERSION);
}

/** Node.js is too old here: the one that was installed with lex-pr takes over, if it is there. */
async function startWithNewer(): Promise<void> {
  const newer = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(newer)) {
    const hint = 'install one, or run `npm ci` in the folder of lex-pr';
    process.stderr.write(`lex-pr needs Node.js 22.13 or newer, this is ${process.versions.node}: ${hint}\n`);
    process.exitCode = 2;
    return;
  }
  const { startInstead } = await import('../lib/cli/starter');
  startInstead(newer, process.argv.slice(1));
}
