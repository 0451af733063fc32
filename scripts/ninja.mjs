import { spawnSync } from 'node:child_process';
import { pythonTool } from './python-tool.mjs';

/** The first versions that start what the longest chain waits for are 1.12 and later. */
const VERSION = '1.13.2';

/**
 * A ninja to measure against: this version from the Python package index, else the one of the machine.
 * @returns {{ command: string, version: string }}
 * @throws Error when there is neither, with how to get one
 */
export function findNinja() {
  for (const find of [() => pythonTool('ninja', VERSION), () => 'ninja']) {
    try {
      const command = find();
      const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
      if (status === 0) return { command, version: stdout.trim().split('.git', 1)[0] };
    } catch {
      // Without Python or the package index.
    }
  }
  throw new Error('not installed: `apt-get install ninja-build`, or `pip install ninja`');
}
