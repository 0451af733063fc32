import type { Argument, Command, Option } from 'commander';

/** What can stand in a place: one of some words, something in the file system, or any text. */
export type Value = 'file' | 'folder' | 'text' | readonly string[];

/** One command, as far as a shell completes it. */
export interface Completable {
  /** The words that lead to it; none for lex-pr itself. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    /** Undefined for an option that takes no value. */
    readonly value: Value | undefined;
  }[];
  readonly operands: readonly { readonly name: string; readonly value: Value }[];
}

/** The program and all its commands, read from what parses the command line. */
export function completables(program: Command, path: readonly string[] = []): readonly Completable[] {
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  const own: Completable = {
    path,
    commands: commands.map((command) => ({ name: command.name(), description: command.description() })),
    options: help.visibleOptions(program).map((option) => ({
      flag: option.long ?? option.short ?? '',
      description: option.description,
      value: option.required || option.optional ? valueIn(option, option.flags) : undefined,
    })),
    operands: program.registeredArguments.map((operand) => ({
      name: operand.name(),
      value: valueIn(operand, `<${operand.name()}>`),
    })),
  };
  const below = program.commands.flatMap((command) => completables(command, [...path, command.name()]));
  return [own, ...below];
}

/** By its choices, or else by what its name in the usage stands for. */
function valueIn({ argChoices }: Argument | Option, usage: string): Value {
  if (argChoices !== undefined) return argChoices;
  if (usage.includes('<plan>')) return 'file';
  return usage.includes('<folder>') ? 'folder' : 'text';
}
