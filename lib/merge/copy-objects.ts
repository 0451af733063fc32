import type { Git } from '../repository/git';

/**
 * Copies commits with everything they need from the private repository into the user's. Names no ref, runs
 * no hook, and may be repeated. git fetch, not a pack built by hand: it agrees with the receiver on what is
 * there already, and accepts the objects only after a walk that finds none missing.
 * @throws GitError when objects are missing or cannot be written
 */
export async function copyObjects(from: Git, to: Git, commits: readonly string[]): Promise<void> {
  // Only version 2 of the protocol gives out commits that no ref names (upload-pack, "want").
  const args = ['-c', 'protocol.version=2', 'fetch', '--quiet', '--no-write-fetch-head', '--no-tags'];
  const quiet = ['--no-recurse-submodules', '--no-auto-maintenance', '--', from.gitDir];
  await to.run([...args, ...quiet, ...commits], { env: { GIT_ALLOW_PROTOCOL: 'file' } });
}
