import { runGit } from '../../repository/git';
import { type Identity, identityIn } from '../../repository/identity';

/** Who asks for a run, by the git settings that hold in a folder: the name on woven commits, as on the local engine. */
export async function committerIn(cwd: string): Promise<Identity> {
  // 128: no repository.
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  const { exitCode, stdout } = await runGit(args, { cwd, allow: [0, 128] });
  return identityIn(exitCode === 0 ? stdout.toString().replace(/\n$/, '') : undefined);
}
