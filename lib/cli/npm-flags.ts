import { join } from 'node:path';
import type { Command } from 'commander';
import { distance } from 'fastest-levenshtein';
import { refuse } from '../errors';

type Environment = Readonly<Record<string, string | undefined>>;

/** What npm 10 and 11 know of themselves, and what they say of themselves to scripts. */
const NPM = new Set(
  `access all allow-directory allow-file allow-git allow-remote allow-same-version allow-scripts allow-scripts-pending
  allow-scripts-pin also audit audit-level auth-type before bin-links browser bypass-2fa ca cache cache-max cache-min
  cafile call cert cidr color commit-hooks cpu dangerously-allow-all-scripts depth description dev diff
  diff-dst-prefix diff-ignore-all-space diff-name-only diff-no-prefix diff-src-prefix diff-text diff-unified editor
  engine-strict expect-result-count expect-results expires fetch-retries fetch-retry-factor fetch-retry-maxtimeout
  fetch-retry-mintimeout fetch-timeout force foreground-scripts format-package-lock fund git git-tag-version global
  global-prefix global-style globalconfig heading https-proxy if-present ignore-scripts include include-attestations
  include-staged include-workspace-root init-author-email init-author-name init-author-url init-license init-module
  init-private init-type init-version init.author.email init.author.name init.author.url init.license init.module
  init.version install-links install-strategy json key legacy-bundling legacy-peer-deps libc link local-address
  local-prefix location lockfile-version loglevel logs-dir logs-max long maxsockets message min-release-age
  min-release-age-exclude name node-gyp node-options noproxy npm-version offline omit omit-lockfile-registry-resolved
  only optional orgs orgs-permission os otp pack-destination package package-lock package-lock-only packages
  packages-all packages-and-scopes-permission parseable password prefer-dedupe prefer-offline prefer-online prefix
  preid production progress provenance provenance-file proxy read-only rebuild-bundle registry replace-registry-host
  save save-bundle save-dev save-exact save-optional save-peer save-prefix save-prod sbom-format sbom-type scope scopes
  script-shell searchexclude searchlimit searchopts searchstaleness shell shrinkwrap sign-git-commit sign-git-tag
  strict-allow-scripts strict-peer-deps strict-ssl tag tag-version-prefix timing token-description umask unicode
  update-notifier usage user-agent userconfig version versions viewer which workspace workspaces workspaces-update
  yes`.split(/\s+/),
);

/**
 * npm takes any flag without a word, so that one that is misspelt, or of another command, would be passed over, and
 * `--dry-run` even taken for its own: the run would land.
 * @param read the text of a file, if it is there: what stands in an .npmrc is not meant for us
 * @throws InputError for every flag that the command does not have
 */
export function refuseStrayFlags(
  program: Command,
  command: Command,
  path: readonly string[],
  env: Environment,
  read: (path: string) => string | undefined,
): void {
  const own = namesOf(command);
  const ofOthers = new Set(program.commands.flatMap((other) => [other, ...other.commands]).flatMap(namesOf));
  const settings = new Set([...settingsIn(env, read), ...spelledBySystem(env)]);
  for (const [key, value] of Object.entries(env)) {
    // `--no-x` is empty.
    if (!key.startsWith('npm_config_') || value === undefined || value === '') continue;
    const name = nameOf(key.slice('npm_config_'.length));
    if (own.includes(name)) continue;
    const isStray =
      name === 'dry-run' ? value !== 'false' : !settings.has(name) && (ofOthers.has(name) || !NPM.has(name));
    if (!isStray) continue;
    const near = name === 'dry-run' ? undefined : nearestOf(own, name);
    const here = `npm run cli -- ${path.join(' ')} …`;
    const first = near === undefined ? dryRun(name, own) : [`did you mean --${near}?`];
    throw refuse(
      'usage',
      `unknown option --${name} for ${path.join(' ')}`,
      [
        ...first,
        `with -- before the arguments, npm leaves them alone: ${here}`,
        `a variable ${key} looks the same: unset it`,
      ].join('\n'),
    );
  }
}

const namesOf = ({ options }: Command) => options.map(({ long }) => (long ?? '').slice(2));

const nameOf = (key: string) => key.replaceAll('_', '-').toLowerCase();

const dryRun = (name: string, own: readonly string[]) =>
  name === 'dry-run' && own.includes('execute') ? ['without --execute it is a dry run'] : [];

/** One that it abbreviates or extends, or is nearly: of long names two letters may differ, of short ones one. */
function nearestOf(own: readonly string[], name: string): string | undefined {
  const isNear = (option: string) =>
    option.startsWith(name) || distance(option, name) <= (Math.min(option.length, name.length) < 6 ? 1 : 2);
  return own.find(isNear);
}

/** The names that stand in the files from which npm takes its settings. */
function settingsIn(env: Environment, read: (path: string) => string | undefined): string[] {
  const { npm_config_local_prefix: prefix, npm_config_userconfig, npm_config_globalconfig } = env;
  const files = [prefix && join(prefix, '.npmrc'), npm_config_userconfig, npm_config_globalconfig];
  return files.flatMap((file) =>
    ((file && read(file)) ?? '').split('\n').flatMap((line) => {
      const name = /^\s*([^\s#;=[]+)\s*(\[\])?\s*(=|$)/.exec(line)?.[1];
      return name === undefined ? [] : [nameOf(name)];
    }),
  );
}

/** npm writes its variables in lower case; capitals are somebody's own. */
function spelledBySystem(env: Environment): string[] {
  return Object.keys(env)
    .filter((key) => key.startsWith('NPM_CONFIG_'))
    .map((key) => nameOf(key.slice('NPM_CONFIG_'.length)));
}
