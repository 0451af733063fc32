import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Before all tests: the command line and the functions that they start are built from the sources as they are. */
export default function build(): void {
  for (const script of ['build.mjs', 'build-functions.mjs'])
    execFileSync(process.execPath, [join(__dirname, '../../scripts', script)], { stdio: 'inherit' });
}
