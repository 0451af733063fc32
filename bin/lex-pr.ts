#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The command line's entry: answers `--version` without loading anything else. */
declare const LEX_PR_VERSION: string;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) startWithNewer();
else if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2]!)) {
  process.stdout.write(`${LEX_PR_VERSION}\n`);
} else {
  const { surviveBrokenOutput } = await import('../lib/cli/broken-output');
  const { main } = await import('../lib/cli/main');
  surviveBrokenOutput();
  process.exitCode = await main(process.argv.slice(2), LEX_PR_VERSION);
}

/** Node.js is too old here: the one that was installed with lex-pr takes over, if it is there. */
function startWithNewer(): void {
  const newer = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(newer)) {
    const hint = 'install one, or run `npm ci` in the folder of lex-pr';
    process.stderr.write(`lex-pr needs Node.js 22.13 or newer, this is ${process.versions.node}: ${hint}\n`);
    process.exitCode = 2;
    return;
  }
  const child = spawn(newer, process.argv.slice(1), { stdio: 'inherit' });
  // Ctrl-C reaches both; the child decides when to end.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal!];
  });
}
