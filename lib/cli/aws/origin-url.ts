import { repositoryUrl } from '../../engine/aws/repository-url';
import { InputError, refuse } from '../../errors';
import { runGit } from '../../repository/git';

/** Where else the URL could have been said. */
interface Elsewhere {
  readonly missing: string;
  readonly hint: string;
  /** What follows says how to write it. */
  readonly where: string;
}

const IN_PLAN: Elsewhere = {
  missing: 'the plan names no repository',
  hint: 'name it in the plan: `repository: https://…`',
  where: 'in the plan, as `repository`',
};

/**
 * The URL by which AWS reaches the repository of a folder: that of its remote `origin`.
 * @throws InputError when there is none, or it is no https URL
 */
export async function originUrl(cwd: string, { missing, hint, where }: Elsewhere = IN_PLAN): Promise<string> {
  // 128: no repository. 2: no such remote.
  const { exitCode, stdout } = await runGit(['remote', 'get-url', 'origin'], { cwd, allow: [0, 2, 128] });
  if (exitCode !== 0)
    throw refuse('no-repository', `${missing}, and there is no remote \`origin\` here`, hint);
  try {
    return repositoryUrl(stdout.toString().trim());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.problems.map((problem) => ({
        ...problem,
        message: `${missing}, and \`origin\` cannot be used: ${problem.message}`,
        hint: `${where}: ${problem.hint}`,
      })),
    );
  }
}
