import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Git, runGit } from './git';
import type { Source } from './source';

/**
 * The private bare repository of a source, below `home`: where all git work runs, with the object format of
 * the source and, for a local one, with its objects as alternates. Made on demand; safe when several processes
 * do so at once. What is missing of one that is there is put back.
 */
export async function openPrivate(home: string, source: Source): Promise<Git> {
  const folder = join(home, 'repositories');
  const gitDir = join(folder, `${nameOf(source)}.git`);
  if (await isWhole(gitDir, source)) return new Git(gitDir);

  // Made under another name first, so that nobody ever sees half a repository.
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(join(folder, 'new-'));
  try {
    await make(fresh, source);
    await rename(fresh, gitDir);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // Another process was faster, or one that is there is damaged: git init puts back only what is missing.
    if (!(await isWhole(gitDir, source))) await make(gitDir, source);
  }
  return new Git(gitDir);
}

/** The content of `objects/info/alternates` for one object store; quoted because the path may hold anything. */
export function alternates(objects: string): string {
  return `"${objects.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"\n`;
}

function nameOf(source: Source): string {
  const place = source.kind === 'local' ? source.gitDir : source.url;
  const identity = JSON.stringify([source.kind, place, source.objectFormat]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}

async function make(gitDir: string, source: Source): Promise<void> {
  const options = ['--quiet', '--bare', '--template=', '--initial-branch=main'];
  await runGit(['init', ...options, `--object-format=${source.objectFormat}`, '--', gitDir]);
  const info = join(gitDir, 'objects/info');
  await mkdir(info, { recursive: true });
  const temporary = join(info, `alternates.${process.pid}`);
  await writeFile(temporary, alternatesOf(source));
  await rename(temporary, join(info, 'alternates'));
}

async function isWhole(gitDir: string, source: Source): Promise<boolean> {
  const written = await readFile(join(gitDir, 'objects/info/alternates'), 'utf8').catch(() => undefined);
  if (written !== alternatesOf(source)) return false;
  const found = await new Git(gitDir).run(['rev-parse', '--show-object-format'], { allow: [0, 128] });
  return found.stdout.toString().trim() === source.objectFormat;
}

function alternatesOf(source: Source): string {
  return source.kind === 'local' ? alternates(join(source.gitDir, 'objects')) : '';
}
