import type { DiscoveredGate, TopFiles } from './gates';

const SCRIPTS = ['lint', 'typecheck', 'test'];

/**
 * `lint`, `typecheck` and `test` of package.json, run by the package manager whose lock file there is. Gates
 * start in a clean checkout, so each installs what the scripts need first.
 */
export async function packageScripts(files: TopFiles): Promise<DiscoveredGate[]> {
  const manifest = await readManifest(files);
  const { manager, install } = packageManager(files, manifest);
  return SCRIPTS.filter((name) => isScript(mapping(manifest.scripts)[name])).map((name) => ({
    name,
    run: [...install, `${manager} run ${name}`].join(' && '),
    from: 'package.json',
  }));
}

/** What `npm init` writes as a test script is none. */
function isScript(command: unknown): boolean {
  return typeof command === 'string' && command.trim() !== '' && !/no test specified/.test(command);
}

function packageManager(files: TopFiles, manifest: Record<string, unknown>) {
  if (files.has('pnpm-lock.yaml')) return { manager: 'pnpm', install: ['pnpm install --frozen-lockfile'] };
  if (files.has('yarn.lock')) {
    // Yarn 2 and later have this file, and another name for the option.
    const frozen = files.has('.yarnrc.yml') ? '--immutable' : '--frozen-lockfile';
    return { manager: 'yarn', install: [`yarn install ${frozen}`] };
  }
  if (files.has('package-lock.json') || files.has('npm-shrinkwrap.json'))
    return { manager: 'npm', install: ['npm ci'] };
  const needs = ['dependencies', 'devDependencies', 'optionalDependencies', 'workspaces'];
  const needsAny = needs.some((kind) => Object.keys(mapping(manifest[kind])).length > 0);
  return { manager: 'npm', install: needsAny ? ['npm install --no-package-lock'] : [] };
}

/** A manifest that is not JSON in UTF-8 has no scripts: no package manager reads it. */
async function readManifest(files: TopFiles): Promise<Record<string, unknown>> {
  if (!files.has('package.json')) return {};
  const text = await files.read('package.json');
  try {
    return mapping(JSON.parse(text.replace(/^\ufeff/, '')));
  } catch (error) {
    const why = text.includes('\0') ? 'it is not UTF-8' : (error as Error).message;
    files.unreadable('package.json', why);
    return {};
  }
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
