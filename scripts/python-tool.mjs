// Programs in Python that tests need: each in an environment of its own, installed where it is missing.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {string} name of the package and of its command
 * @param {string} version exact
 * @returns {string} the path of the command
 * @throws Error when it cannot be installed, with what Python says on standard error
 */
export function pythonTool(name, version) {
  const folder = join(root, '.emulator', name);
  const command = join(folder, 'bin', name);
  const libraries = join(folder, 'lib');
  const isThere =
    existsSync(command) &&
    readdirSync(libraries).some((python) =>
      existsSync(join(libraries, python, `site-packages/${name}-${version}.dist-info`)),
    );
  if (isThere) return command;
  const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  run('python3', '-m', 'venv', folder);
  run(join(folder, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`);
  return command;
}
