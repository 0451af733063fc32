import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Before all tests: what tests start and deploy is built from the sources as they are. */
export default async function build(): Promise<void> {
  await Promise.all(['build.mjs', 'build-functions.mjs'].map(run));
}

/** Tells with what it says why a build failed. */
async function run(script: string): Promise<void> {
  const { stderr } = await promisify(execFile)(process.execPath, [join(__dirname, '../../scripts', script)]);
  process.stderr.write(stderr);
}
