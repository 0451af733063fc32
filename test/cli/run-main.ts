import { Readable, Writable } from 'node:stream';
import { main } from '../../lib/cli/main';

/** Runs the command line in this process. */
export async function runMain(
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: Record<string, string> } = {},
) {
  const stdout = collector();
  const stderr = collector();
  const code = await main(args, '1.2.3', {
    stdin: Readable.from([options.input ?? '']),
    stdout: stdout.stream,
    stderr: stderr.stream,
    cwd: options.cwd ?? '/',
    env: options.env ?? {},
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  let all = '';
  const stream = new Writable({
    write(chunk, _, done) {
      all += chunk;
      done();
    },
  });
  return { stream, text: () => all };
}
