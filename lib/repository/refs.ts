import { refuse } from '../errors';
import type { CommitStore } from './commits';
import { type Git, GitError } from './git';
import { type RemoteSource, type Source, sourceGit } from './source';

/**
 * The commits that full refnames (`refs/heads/x`) name now; annotated tags are peeled. A ref that is missing
 * or names no commit is absent. The commits of a remote source are then in the private repository too.
 * @param commits of the private repository; whoever reads the commits next has them then
 * @param asTheyAre more refs, of which it is told what they name, whatever that is, and nothing is fetched
 * @throws GitError when a remote source cannot be read; InputError when it is shallow
 */
export async function readRefs(
  source: Source,
  privateRepository: Git,
  refs: readonly string[],
  commits?: Pick<CommitStore, 'read'>,
  asTheyAre: readonly string[] = [],
): Promise<Map<string, string>> {
  const wanted = new Set(refs.filter((ref) => ref.startsWith('refs/')));
  const listed = await listRefs(source, privateRepository, spaces([...wanted, ...asTheyAre]));
  const found = await commitsOf(
    source,
    privateRepository,
    listed.filter(([ref]) => wanted.has(ref)),
    commits,
  );
  for (const [ref, id] of listed) if (asTheyAre.includes(ref)) found.set(ref, id);
  return found;
}

/** The same for every branch (`refs/heads/`) that there is. */
export async function readHeads(source: Source, privateRepository: Git): Promise<Map<string, string>> {
  const listed = await listRefs(source, privateRepository, ['refs/heads/']);
  return commitsOf(source, privateRepository, listed);
}

async function commitsOf(
  source: Source,
  privateRepository: Git,
  named: readonly (readonly [ref: string, id: string])[],
  store?: Pick<CommitStore, 'read'>,
): Promise<Map<string, string>> {
  const ids = [...new Set(named.map(([, id]) => id))];
  const read = source.kind === 'local' && store !== undefined ? await readFew(store, ids) : [];
  const commits = new Map(read.map((id) => [id, id]));
  const unread = ids.filter((id) => !commits.has(id));
  for (const [id, commit] of await peel(source, privateRepository, unread)) commits.set(id, commit);

  const missing = ids.filter((id) => !commits.has(id));
  if (source.kind === 'remote' && missing.length > 0) {
    await fetchObjects(source, privateRepository, missing);
    for (const [id, commit] of await peel(source, privateRepository, missing)) commits.set(id, commit);
  }
  return new Map(
    named.flatMap(([ref, id]) => {
      const commit = commits.get(id);
      return commit === undefined ? [] : [[ref, commit]];
    }),
  );
}

/** With more of them a process for the question alone is cheaper. */
const FEW = 1_000;

/** Those of some ids that are of commits, which stay at hand; none where they are too many. */
async function readFew(store: Pick<CommitStore, 'read'>, ids: readonly string[]): Promise<string[]> {
  if (ids.length > FEW) return [];
  const read = await Promise.allSettled(ids.map((id) => store.read(id)));
  return ids.filter((_, at) => read[at]!.status === 'fulfilled');
}

/**
 * The refs that a branch name of a plan may mean, in order of preference. In a local source `origin/x` may
 * also be a branch that was fetched.
 */
export function branchRefs(source: Source, branch: string): string[] {
  return source.kind === 'local'
    ? [`refs/heads/${branch}`, `refs/remotes/${branch}`]
    : [`refs/heads/${branch}`];
}

/** As a plan may name it. */
export interface BranchName {
  readonly name: string;
  /** A copy of a branch of a remote. */
  readonly isFetched: boolean;
}

/** All names that a plan may use for a branch, for hints. */
export async function listBranches(source: Source, privateRepository: Git): Promise<BranchName[]> {
  const refs = await listRefs(source, privateRepository, branchRefs(source, ''));
  return refs
    .map(([ref]) => ref)
    .filter((ref) => !/^refs\/remotes\/[^/]+\/HEAD$/.test(ref))
    .map((ref) => ({
      name: ref.replace(/^refs\/(heads|remotes)\//, ''),
      isFetched: ref.startsWith('refs/remotes/'),
    }));
}

/**
 * Those of some commits, by full id, that are available in the private repository; of a remote source they are fetched,
 * all that it has at once.
 * @throws GitError when a remote source cannot be read; InputError when it is shallow
 */
export async function findCommits(
  source: Source,
  privateRepository: Git,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const digits = source.objectFormat === 'sha1' ? 40 : 64;
  const wanted = [...new Set(ids)].filter((id) => id.length === digits && /^[0-9a-f]+$/.test(id));
  const there = async () => {
    const commits = await peel(source, privateRepository, wanted);
    return new Set(wanted.filter((id) => commits.get(id) === id));
  };
  const found = await there();
  if (source.kind === 'local' || found.size === wanted.length) return found;
  await fetchThoseThere(
    source,
    privateRepository,
    wanted.filter((id) => !found.has(id)),
  );
  return there();
}

/** A remote names but one of those that it lacks, and gives none then; so both halves are asked for. */
async function fetchThoseThere(
  source: RemoteSource,
  privateRepository: Git,
  ids: readonly string[],
): Promise<void> {
  try {
    await fetchObjects(source, privateRepository, ids);
  } catch (error) {
    if (!isGone(error)) throw error;
    if (ids.length === 1) return;
    const half = ids.length >> 1;
    await fetchThoseThere(source, privateRepository, ids.slice(0, half));
    await fetchThoseThere(source, privateRepository, ids.slice(half));
  }
}

/** Whether a remote said that it does not have a commit, or not any more. */
export function isGone(error: unknown): error is GitError {
  return error instanceof GitError && /not our ref|unadvertised object|remote ref/.test(error.stderr);
}

/**
 * Fetches those of the given commits that the private repository of a remote source lacks.
 * @throws GitError when the remote cannot be read, or does not have one of them any more
 */
export async function ensureCommits(
  source: Source,
  privateRepository: Git,
  ids: readonly string[],
): Promise<void> {
  if (source.kind === 'local') return;
  const commits = await peel(source, privateRepository, ids);
  const missing = [...new Set(ids)].filter((id) => !commits.has(id));
  if (missing.length > 0) await fetchObjects(source, privateRepository, missing);
}

/** The name spaces, such as `refs/heads/`, that hold the refs. */
function spaces(refs: readonly string[]): string[] {
  return [...new Set(refs.map((ref) => ref.split('/').slice(0, 2).join('/')))].map((space) => `${space}/`);
}

/** All refs in the given name spaces with what they point to, in one process. */
async function listRefs(
  source: Source,
  privateRepository: Git,
  prefixes: readonly string[],
): Promise<[ref: string, id: string][]> {
  if (prefixes.length === 0) return [];
  const lines =
    source.kind === 'local'
      ? await sourceGit(source).lines(['for-each-ref', '--format=%(objectname) %(refname)', ...prefixes])
      : await privateRepository.lines(
          [
            'ls-remote',
            '--refs',
            ...(prefixes.every((p) => p === 'refs/heads/') ? ['--heads'] : []),
            '--',
            source.url,
          ],
          { env: source.env },
        );
  return lines
    .map((line): [string, string] => [line.replace(/^\S+\s/, ''), line.replace(/\s.*$/s, '')])
    .filter(([ref]) => prefixes.some((prefix) => ref.startsWith(prefix)));
}

/** The commits that object ids stand for, where the private repository has them with all of their history. */
async function peel(
  source: Source,
  privateRepository: Git,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const prefix = source.kind === 'remote' ? FETCHED : '';
  const answers = await privateRepository.lines(['cat-file', '--batch-check=%(objectname)'], {
    input: ids.map((id) => `${prefix}${id}^{commit}\n`).join(''),
  });
  return new Map(
    ids.flatMap((id, i) => (/^[0-9a-f]+$/.test(answers[i] ?? '') ? [[id, answers[i] ?? '']] : [])),
  );
}

/**
 * Refs named by the object they keep: proof that it was fetched whole, and what the next fetch need not get.
 * Two processes that fetch at once write the same value.
 */
const FETCHED = 'refs/fetched/';

async function fetchObjects(
  source: RemoteSource,
  privateRepository: Git,
  ids: readonly string[],
): Promise<void> {
  const input = ids.map((id) => `${id}\n`).join('');
  const flags = ['--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance'];
  const { stderr } = await privateRepository.run(
    ['fetch', '--quiet', '--stdin', ...flags, '--', source.url],
    {
      env: source.env,
      input,
    },
  );
  // Git fetches from a shallow repository, says so, and ends well.
  if (/shallow roots/.test(stderr))
    throw refuse(
      'shallow-repository',
      'the remote repository lacks older history',
      'git fetch --unshallow (there)',
    );
  await privateRepository.run(['-c', 'core.filesRefLockTimeout=10000', 'update-ref', '--stdin'], {
    input: ids.map((id) => `update ${FETCHED}${id} ${id}\n`).join(''),
  });
}
