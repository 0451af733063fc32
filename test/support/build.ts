import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Before all tests: the command line that end-to-end tests start is built from the sources as they are. */
export default function build(): void {
  execFileSync(process.execPath, [join(__dirname, '../../scripts/build.mjs')], { stdio: 'inherit' });
}
