import type { Git } from '../repository/git';

/** Whether a commit is in the history of another, or is that one. */
export async function isAncestor(git: Git, ancestor: string, descendant: string): Promise<boolean> {
  const asked = await git.run(['merge-base', '--is-ancestor', ancestor, descendant], { allow: [0, 1] });
  return asked.exitCode === 0;
}
