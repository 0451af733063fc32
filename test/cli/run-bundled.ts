import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/**
 * Runs code in a process of its own, for what jest stands in the way of: ES modules, and an environment that
 * node itself reads. `terminal` there is standard output saying that it is a terminal.
 * @param code TypeScript; imports are relative to the top of the project
 * @returns what it wrote to standard output
 */
export function runBundled(code: string, env: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-bundled-'));
  try {
    const outfile = join(folder, 'run.mjs');
    const contents = `import { WriteStream } from 'node:tty';
      const { getColorDepth, hasColors } = WriteStream.prototype;
      const terminal = Object.assign(Object.create(process.stdout),
        { isTTY: true, columns: 60, rows: 24, getColorDepth, hasColors });
      ${code}`;
    const resolveDir = join(__dirname, '../..');
    buildSync({
      stdin: { contents, resolveDir, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
    });
    return execFileSync(process.execPath, [outfile], {
      encoding: 'utf8',
      env: { TERM: 'xterm-256color', ...env },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
