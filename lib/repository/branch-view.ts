import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Git, runGit } from './git';
import { alternates } from './private';
import { readHeads } from './refs';
import type { Source } from './source';

/**
 * Gives some work a repository that has the branches of a source, as they are now, for its own (`refs/heads`), and
 * whatever they contain. It lies in `scratch`, is one of its own for each call, and is gone afterwards.
 * @throws what `readHeads` throws, and what the work throws
 */
export async function withBranchesOf<T>(
  { source, repository }: { readonly source: Source; readonly repository: Git },
  scratch: string,
  work: (git: Git) => Promise<T>,
): Promise<T> {
  const heads = await readHeads(source, repository);
  const gitDir = await mkdtemp(join(scratch, 'branches-'));
  try {
    const format = `--object-format=${source.objectFormat}`;
    await runGit(['init', '--quiet', '--bare', '--template=', format, '--', gitDir]);
    await writeFile(join(gitDir, 'objects/info/alternates'), alternates(join(repository.gitDir, 'objects')));
    // One file, however many branches there are (gitrepository-layout(5)).
    const refs = [...heads].map(([ref, sha]) => `${sha} ${ref}\n`);
    await writeFile(join(gitDir, 'packed-refs'), refs.join(''));
    return await work(new Git(gitDir));
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
}
