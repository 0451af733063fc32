import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Launcher, openLauncher } from '../../lib/gates/launcher';
import { openProcessRecords } from '../../lib/gates/process-records';
import type { GateRequest, ProcessRecord } from '../../lib/gates/run-gate';
import type { Gate } from '../../lib/plan/plan';

/** A temporary folder with a work tree to run gates in. */
export class Workspace {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'lex-pr-gate-')));
  readonly tree = join(this.root, 'tree');
  readonly artifacts = join(this.root, 'artifacts');
  readonly logFile = join(this.root, 'logs', 'gate.log');
  readonly launcher: Launcher | undefined;
  private readonly records = openProcessRecords(join(this.root, 'processes'));
  private readonly startedHere: ProcessRecord[] = [];

  /** @param isLaunched gates are started by a launcher, not by this process */
  constructor(isLaunched = false) {
    mkdirSync(this.tree);
    this.launcher = isLaunched ? openLauncher({ recordFile: this.records.fileOf(0) }) : undefined;
  }

  /** The processes that the gates of this workspace were given; of those by a launcher the last. */
  get started(): readonly ProcessRecord[] {
    return [...this.startedHere, ...this.records.all()];
  }

  request(run: string, gate: Partial<Gate> = {}, request: Partial<GateRequest> = {}): GateRequest {
    return {
      gate: {
        name: 'check',
        run,
        cwd: '.',
        env: {},
        timeoutSeconds: 60,
        runtime: 'local',
        artifacts: [],
        cache: 'tree',
        ...gate,
      },
      workTree: this.tree,
      variables: {},
      logFile: this.logFile,
      artifactsFolder: this.artifacts,
      signal: new AbortController().signal,
      onStart: (record) => this.startedHere.push(record),
      launcher: this.launcher,
      ...request,
    };
  }

  has(name: string): boolean {
    return existsSync(join(this.tree, name));
  }

  read(name: string): string {
    return readFileSync(join(this.tree, name), 'utf8');
  }

  /** The number in a file of the work tree. */
  pid(name: string): number {
    return Number(this.read(name).trim());
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  async remove(): Promise<void> {
    await this.launcher?.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Whether a process runs; one that only waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** Resolves once `condition` holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(10);
}

/** The process that has started another, which is still there. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]);
}
