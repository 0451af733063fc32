import { type Git, GitError } from '../repository/git';
import type { Source } from '../repository/source';
import { fenceRef } from './fence';
import type { Move, MoveResult } from './move';

/**
 * Moves the target of a remote repository, and with `fenced` its fence, by one atomic push in which each ref
 * has its expected value. The private repository must have the commits.
 * @throws GitError when the remote cannot be reached or breaks off: whether it moved is then unknown
 */
export async function pushRefs(
  source: Extract<Source, { kind: 'remote' }>,
  privateRepository: Git,
  move: Move,
  fenced: boolean,
): Promise<MoveResult> {
  const branch = `refs/heads/${move.target}`;
  const fence = fenceRef(move.target);
  const refs = [
    { ref: branch, before: move.base, after: move.woven },
    ...(fenced ? [{ ref: fence, before: move.fence.before ?? '', after: move.fence.after }] : []),
  ];
  const args = [
    ...['push', '--porcelain', '--no-verify', '--no-follow-tags', ...(fenced ? ['--atomic'] : [])],
    ...refs.map(({ ref, before }) => `--force-with-lease=${ref}:${before}`),
    ...['--', source.url],
    ...refs.map(({ ref, after }) => `${after}:${ref}`),
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
