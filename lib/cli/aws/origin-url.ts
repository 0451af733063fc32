import { repositoryUrl } from '../../engine/aws/repository-url';
import { InputError, refuse } from '../../errors';
import { runGit } from '../../repository/git';

const HINT = 'name it in the plan: `repository: https://…`';

/**
 * The URL by which AWS reaches the repository of a folder: that of its remote `origin`.
 * @throws InputError when there is none, or it is no https URL
 */
export async function originUrl(cwd: string): Promise<string> {
  // 128: no repository. 2: no such remote.
  const { exitCode, stdout } = await runGit(['remote', 'get-url', 'origin'], { cwd, allow: [0, 2, 128] });
  if (exitCode !== 0)
    throw refuse('no-repository', 'the plan names no repository, and there is no remote `origin` here', HINT);
  try {
    return repositoryUrl(stdout.toString().trim());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.problems.map((problem) => ({
        ...problem,
        message: `the plan names no repository, and \`origin\` cannot be used: ${problem.message}`,
        hint: `in the plan, as \`repository\`: ${problem.hint}`,
      })),
    );
  }
}
