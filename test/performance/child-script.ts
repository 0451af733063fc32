import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles a script (TypeScript; `lib/…` imports resolve) into a folder; returns the file to run. */
export function bundle(folder: string, source: string): string {
  const outfile = join(folder, 'script.mjs');
  const resolveDir = join(__dirname, '../..');
  const stdin = { contents: source, resolveDir, loader: 'ts' as const };
  buildSync({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node22' });
  return outfile;
}

/** Starts a bundled script in a Node process of its own. */
export function start(
  script: string,
  args: string[],
  nodeOptions: string[] = [],
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--no-warnings', ...nodeOptions, script, ...args], { stdio: 'pipe' });
}

/** Standard output of a process, once it has ended; rejects when it fails, with what it said. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`exit ${code}: ${err}${out}`)),
    );
  });
}
