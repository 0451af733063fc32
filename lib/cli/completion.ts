import type { Command } from 'commander';
import { bashCompletion } from './completion/bash';
import { type Completable, completables } from './completion/completable';
import { fishCompletion } from './completion/fish';
import { zshCompletion } from './completion/zsh';
import type { Io } from './io';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const SCRIPT: Readonly<Record<(typeof SHELLS)[number], (commands: readonly Completable[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `lex-pr completion`: prints the completion script of a shell, made from the program. @returns the exit code */
export function completion(shell: (typeof SHELLS)[number], program: Command, { stdout }: Io): number {
  stdout.write(SCRIPT[shell](completables(program)));
  return 0;
}
