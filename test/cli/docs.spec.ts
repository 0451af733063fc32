import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram, GROUPS } from '../../lib/cli/main';

const TEXT = readFileSync(join(__dirname, '../../docs/cli.md'), 'utf8');
const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, cwd: '/', env: {} };

/** By usage, as `lex-pr merge <plan>`. */
function commandsOf(program: Command, path: string): [usage: string, command: Command][] {
  return program.commands.flatMap((command) => {
    const name = `${path} ${command.name()}`;
    const operands = command.registeredArguments.map((operand) =>
      operand.required ? ` <${operand.name()}>` : ` [${operand.name()}]`,
    );
    return [[`${name}${operands.join('')}`, command] as [string, Command], ...commandsOf(command, name)];
  });
}

const COMMANDS = commandsOf(
  createProgram('0', io, () => {}),
  'lex-pr',
);

/** The text below each heading that names a command. */
const SECTIONS = new Map(
  TEXT.split(/^## /m)
    .map((part) => /^`(lex-pr [^`]*)`\n([\s\S]*)$/.exec(part))
    .flatMap((found) => (found === null ? [] : [[found[1]!, found[2]!] as const])),
);

describe('the help of all', () => {
  it('has each command below a heading, and first what merges', () => {
    const names = createProgram('0', io, () => {}).commands.map((command) => command.name());
    expect(Object.values(GROUPS).flat().sort()).toEqual(names.toSorted());
    expect(names[0]).toBe('merge');
  });
});

describe('docs/cli.md', () => {
  it('has a section for each command, and for no other', () => {
    expect([...SECTIONS.keys()].sort()).toEqual(COMMANDS.map(([usage]) => usage).sort());
  });

  it.each(COMMANDS)('lists the options of %s, and no other', (usage, command) => {
    const listed = [...(SECTIONS.get(usage) ?? '').matchAll(/^\| `(--[^`]*)` /gm)].map(([, flags]) => flags);
    expect(listed.sort()).toEqual(command.options.map(({ flags }) => flags).sort());
  });
});

describe('the help', () => {
  it.each(COMMANDS)('of %s has an example', (_, command) => {
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    expect(help).toMatch(/Example:\n {2}\$ (lex-pr|cat|eval)/);
  });
});
