import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { timed } from './in-turn';
import type { TimedItem } from './timed-dag';

const run = promisify(execFile);

/**
 * Lets ninja run the commands of a graph. Outputs are never written, so that it runs all of them each time; it keeps
 * its log, from which newer versions predict durations.
 * @param folder made for it
 * @returns seconds of the whole command, and from the first start of a command to the last end
 */
export function ninjaOf(command: string, folder: string, items: readonly TimedItem[], workers: number) {
  mkdirSync(folder);
  const edges = items.map(({ name, deps, seconds }) => {
    const after = deps.length === 0 ? '' : ` | ${deps.join(' ')}`;
    return `build ${name}: wait${after}\n  seconds = ${seconds}\n`;
  });
  writeFileSync(join(folder, 'build.ninja'), `rule wait\n  command = sleep $seconds\n${edges.join('')}`);
  return async () => {
    const ms = await timed(() => run(command, ['-C', folder, '-j', String(workers)]));
    const log = readFileSync(join(folder, '.ninja_log'), 'utf8').trimEnd().split('\n');
    // Start and end in ms, then what tells a changed file. Runs before this one come first.
    const times = log.slice(-items.length).map((line) => line.split('\t').map(Number));
    const start = Math.min(...times.map(([start]) => start!));
    const end = Math.max(...times.map(([, end]) => end!));
    return { command: ms / 1000, makespan: (end - start) / 1000 };
  };
}
