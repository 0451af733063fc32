import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { useMemory } from './memory-folder.mjs';

/** Before all tests: what they start and deploy is built from the sources as they are. */
export default async function build() {
  await Promise.all(['build.mjs', 'build-functions.mjs'].map(run));
  const compiled = useMemory();
  // Git is to be as it is everywhere.
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  // Nothing is to be left in the home of whoever runs the tests.
  if (compiled === undefined) process.env.NODE_DISABLE_COMPILE_CACHE = '1';
  else process.env.NODE_COMPILE_CACHE = compiled;
}

/** Tells with what it says why a build failed. */
async function run(script) {
  const { stderr } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url)),
  ]);
  process.stderr.write(stderr);
}
