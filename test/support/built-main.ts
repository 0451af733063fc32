import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { main } from '../../lib/cli/main';

/** Not Jest's: the worker and what is loaded by it outlive a spec. */
const realRequire = process.getBuiltinModule('node:module').createRequire(__filename);
const realProcess = process.getBuiltinModule('node:process');

/** Loads `main` of the built command line, once for all specs of a worker. */
async function load(entry: string): Promise<typeof main> {
  const [, chunk] = /import\("(\.\/main-\w+\.mjs)"\)/.exec(readFileSync(entry, 'utf8'))!;
  return (await realRequire('./import.cjs')(join(dirname(entry), chunk!))).main;
}

/**
 * Runs the built command line in this process, as its entry does, with the variables that this process has.
 * @param entry the built file that starts it as a process
 * @returns its exit code, and what it has written
 */
export async function runBuilt(entry: string, args: readonly string[], cwd: string, input = '') {
  const run = await load(entry);
  const [stdout, stderr] = [collector(), collector()];
  const code = await run(args, '0.0.0', {
    stdin: Readable.from([input]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    cwd,
    env: realProcess.env,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}
