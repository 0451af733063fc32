import type { Command } from 'commander';

/** Examples below the help of a command. */
export const example = (...lines: string[]) => `\nExample:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;

/** A command, whose mistakes are thrown. */
export const command = (program: Command, usage: string, description: string) =>
  program.command(usage).description(description).exitOverride();

/** What prints the help of the command that is meant; that of all where it is none. */
export function helpFor(program: Command, args: readonly string[]): string {
  const { found, inner } = commandsOf(program, args);
  return ['lex-pr', ...(found ? [found.name()] : []), ...(inner ? [inner.name()] : []), '--help'].join(' ');
}

/** The command that is meant; that of all where it is none. */
export function meantCommand(program: Command, args: readonly string[]): Command {
  const { found, inner } = commandsOf(program, args);
  return inner ?? found ?? program;
}

function commandsOf(program: Command, [name, sub]: readonly string[]) {
  const found = program.commands.find((known) => known.name() === name);
  return { found, inner: found?.commands.find((known) => known.name() === sub) };
}
