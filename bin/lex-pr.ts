#!/usr/bin/env node
/** The command line's entry: answers `--version` without loading anything else. */
declare const LEX_PR_VERSION: string;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(`lex-pr needs Node.js 22.13 or newer, this is ${process.versions.node}\n`);
  process.exitCode = 3;
} else if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2]!)) {
  process.stdout.write(`${LEX_PR_VERSION}\n`);
} else {
  const { surviveBrokenOutput } = await import('../lib/cli/broken-output');
  const { main } = await import('../lib/cli/main');
  surviveBrokenOutput();
  process.exitCode = await main(process.argv.slice(2), LEX_PR_VERSION);
}

export {};
