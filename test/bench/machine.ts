import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';

/** Where figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly platform: string;
  readonly kernel: string;
  /** Of the folder for temporary files, where all is measured. */
  readonly fileSystem: string;
  readonly node: string;
  readonly git: string;
  /** Processes that ran or waited, on average over the minute before. */
  readonly loadAverage: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    kernel: release(),
    fileSystem: say('stat', '-f', '-c', '%T', tmpdir()),
    node: process.version,
    git: say('git', '--version').replace('git version ', ''),
    loadAverage: Number(loadavg()[0]!.toFixed(2)),
  };
}

/** In a sentence, for people. */
export function machineText({
  cpu,
  cores,
  memoryGB,
  platform,
  kernel,
  fileSystem,
  node,
  git,
  loadAverage,
}: Machine): string {
  return `${cores} × ${cpu}, ${memoryGB} GB, ${platform} (${kernel}), ${fileSystem}, Node.js ${node}, git ${git}; load average ${loadAverage} at the start`;
}

function say(command: string, ...args: readonly string[]): string {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'unknown';
}
