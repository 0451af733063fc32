import type { Command } from 'commander';
import { bashCompletion } from './completion/bash';
import { type Completable, completables } from './completion/completable';
import { fishCompletion } from './completion/fish';
import { zshCompletion } from './completion/zsh';
import type { Io } from './io';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPT: Readonly<Record<Shell, (commands: readonly Completable[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `lex-pr completion`: prints the completion script of a shell, made from the program. @returns the exit code */
export function completion(
  shell: Shell,
  { json }: { readonly json?: boolean },
  program: Command,
  { stdout }: Io,
): number {
  const script = SCRIPT[shell](completables(program));
  stdout.write(json ? `${JSON.stringify({ shell, script })}\n` : script);
  return 0;
}
