import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Measured {
  readonly ms: number;
  /** Largest resident set of the process, in MB (2²⁰ bytes). */
  readonly peakMB: number;
  readonly stdout: string;
}

/** Runs the built command line once, from start to exit. @throws Error when it exits with another code than 0 */
export async function runCli(cli: string, args: readonly string[], cwd: string): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
  const hook = join(folder, 'hook.cjs');
  const peak = join(folder, 'peak');
  writeFileSync(
    hook,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));`,
  );
  try {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--require', hook, cli, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Before the folder that it works in is removed, where the bench is ended.
    const end = () => child.kill('SIGKILL');
    process.prependOnceListener('exit', end);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    process.removeListener('exit', end);
    const ms = performance.now() - startedAt;
    if (code !== 0) throw new Error(`lex-pr ${args.join(' ')} exited with ${code}: ${stderr}`);
    return { ms, peakMB: Number(readFileSync(peak, 'utf8')) / 1024, stdout };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
