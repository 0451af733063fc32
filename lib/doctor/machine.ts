import { accessSync, constants } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { findContainerEngine } from '../gates/container-engine';
import { pressureReader, type ReadPressure } from '../performance/pressure';
import { requireGit } from '../repository/require-git';
import { shellQuote } from '../repository/shell-quote';
import { type Check, check, fine, wrong } from './check';

/** As package.json's `engines`. */
const NODE: Version = [22, 13];
/** Each lane has a work tree of its own, and logs may be long. */
const FREE_BYTES = 2 ** 30;

type Version = readonly [major: number, minor: number];

/** What the machine has to have: git, Node.js, a shell, and room on the disk of `home`. */
export async function checkMachine(home: string, nodeVersion = process.versions.node): Promise<Check[]> {
  const checks = await Promise.all([
    check('git', '', requireGit),
    check('node', '', () => [checkNode(nodeVersion)]),
    check('shell', 'install a POSIX shell as /bin/sh', () => {
      accessSync('/bin/sh', constants.X_OK);
      return '/bin/sh';
    }),
    check('containers', '', () => describeContainers(process.env)),
    check('pressure', '', () => describePressure()),
    check('disk', `see what fills it: df ${shellQuote(home)}`, async () => {
      const { bavail, bsize } = await statfs(home);
      return [checkSpace(home, bavail * bsize)];
    }),
  ]);
  return checks.flat();
}

/** Nothing is wrong with a machine that has none: only gates with `runtime: container` need one. */
async function describeContainers(env: NodeJS.ProcessEnv): Promise<string> {
  const found = await findContainerEngine(env);
  if ('problem' in found) return `no engine for gates with \`runtime: container\`: ${found.problem}`;
  const { kind, version, cli } = found;
  return `${kind} ${version}, ${cli}`;
}

/** Nothing is wrong with a machine that does not say it: only `throttleOnCpu` and `throttleOnIo` need it. */
export function describePressure(read: ReadPressure = pressureReader()): string {
  const found = (['cpu', 'io', 'memory'] as const).flatMap((resource) => {
    const pressure = read(resource);
    return pressure === undefined ? [] : [`${resource} ${pressure.avg10} %`];
  });
  return found.length > 0
    ? found.join(', ')
    : 'not known here (/proc/pressure): throttleOnCpu and throttleOnIo hold nothing back';
}

export function checkNode(version: string): Check {
  return isAtLeast(version, NODE)
    ? fine('node', version)
    : wrong('node', `${version} is too old`, 'install Node.js 22.13 or newer');
}

export function checkSpace(home: string, bytes: number): Check {
  const found = `${(bytes / 2 ** 30).toFixed(1)} GB free`;
  const mend = `lex-pr cache clear; see what else fills it: du -sh ${shellQuote(home)}`;
  return bytes >= FREE_BYTES ? fine('disk', found) : wrong('disk', `only ${found} in ${home}`, mend);
}

function isAtLeast(version: string, [major, minor]: Version): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
