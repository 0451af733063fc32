import { ExitCode } from './io';

/**
 * A reader that goes away (`| head`), a closed terminal or a full disk must not end a run in the middle: what
 * is written there is lost, everything else goes on. Results that could not be written make the exit code 3,
 * except where their reader has gone by choice (EPIPE).
 */
export function surviveBrokenOutput({ stdout, stderr } = process): void {
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  stdout.once('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    stderr.write(`lex-pr: cannot write to standard output: ${message}\n`);
    process.once('exit', () => {
      process.exitCode = ExitCode.fault;
    });
  });
}
