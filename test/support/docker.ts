import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** A docker that is none, in a folder of its own: see docker-stand-in.mjs. */
export class DockerStandIn {
  /** The search path that has it before everything else. */
  readonly path: string;
  private readonly state: string;

  /** @param root a folder of this test */
  constructor(root: string) {
    const bin = join(root, 'docker-bin');
    this.state = join(root, 'docker-state');
    mkdirSync(bin);
    mkdirSync(this.state);
    const script = resolve(__dirname, 'docker-stand-in.mjs');
    const call = `exec '${process.execPath}' '${script}' '${this.state}' "$@"`;
    writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${call}\n`, { mode: 0o755 });
    // Should the stand-in be down, nothing else on this machine is to be asked.
    writeFileSync(join(bin, 'podman'), '#!/bin/sh\necho not set up >&2; exit 125\n', { mode: 0o755 });
    this.path = [bin, process.env.PATH].join(delimiter);
  }

  /** The environment of a command that is to find it. */
  get env(): Record<string, string> {
    return { PATH: this.path };
  }

  /** The arguments of every call of a command so far. */
  calls(command: string): string[][] {
    const file = join(this.state, 'calls');
    if (!existsSync(file)) return [];
    const all: string[][] = readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    return all.filter(([name]) => name === command);
  }

  /** Names of the containers that there are. */
  containers(): string[] {
    const folder = join(this.state, 'containers');
    return existsSync(folder) ? readdirSync(folder).map((name) => name.replace(/\.json$/, '')) : [];
  }

  /** Its daemon does not answer any more. */
  stop(): void {
    writeFileSync(join(this.state, 'down'), '');
  }

  start(): void {
    rmSync(join(this.state, 'down'));
  }
}
