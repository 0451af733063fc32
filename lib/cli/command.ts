import type { Command } from 'commander';

/** Examples below the help of a command. */
export const example = (...lines: string[]) => `\nExample:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;

/** A command, whose mistakes are thrown. */
export const command = (program: Command, usage: string, description: string) =>
  program.command(usage).description(description).exitOverride();
