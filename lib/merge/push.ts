import { type Git, GitError } from '../repository/git';
import type { RemoteSource } from '../repository/source';
import type { MoveResult, RefUpdate } from './move';

/**
 * Moves refs of a remote repository by one push, all or none, in which each has its expected value. The private
 * repository must have the commits.
 * @throws GitError when the remote cannot be reached or breaks off: whether it moved is then unknown
 */
export async function pushRefs(
  source: RemoteSource,
  privateRepository: Git,
  updates: readonly RefUpdate[],
): Promise<MoveResult> {
  const atomic = updates.length > 1 ? ['--atomic'] : [];
  const args = [
    ...['push', '--porcelain', '--no-verify', '--no-follow-tags', ...atomic],
    ...updates.map(({ ref, before }) => `--force-with-lease=${ref}:${before ?? ''}`),
    ...['--', source.url],
    ...updates.map(({ ref, after }) => `${after}:${ref}`),
  ];
  try {
    await privateRepository.run(args, { env: source.env });
    return { kind: 'moved' };
  } catch (error) {
    if (!(error instanceof GitError) || !isAnswer(error)) throw error;
    return { kind: 'rejected', message: remoteWords(error) };
  }
}

/** Whether the remote decided: a line with `!` for a ref (git-push(1), "OUTPUT"), or no atomic pushes there. */
function isAnswer({ stdout, stderr }: GitError): boolean {
  return /^!\t/m.test(stdout) || /does not support --atomic/.test(stderr);
}

/** What the remote itself said (`remote: …`), else the reasons that git gives for each ref. */
function remoteWords({ stdout, stderr }: GitError): string {
  const said = [...stderr.matchAll(/^remote: (.*?)\s*$/gm)].map(([, text]) => text);
  if (said.some((text) => text !== '')) return said.join('\n').trim();
  const reasons = [...stdout.matchAll(/^!\t[^\t]*:([^\t]*)\t(.*)$/gm)].map(
    ([, ref, why]) => `${ref}: ${why}`,
  );
  return reasons.length > 0 ? reasons.join('\n') : stderr.trim();
}
