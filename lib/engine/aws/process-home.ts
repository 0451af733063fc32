import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { remove } from '../../repository/sweep';

/**
 * A folder below `root` that this process has for itself. A function's `/tmp` outlives its process, and where
 * functions are processes of one machine they share it: what processes that are gone have left is removed.
 */
export async function openProcessHome(root: string): Promise<string> {
  const own = String(process.pid);
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await readdir(root))
    if (/^\d+$/.test(name) && (name === own || !isRunning(Number(name)))) await remove(join(root, name));
  const home = join(root, own);
  await mkdir(home, { mode: 0o700 });
  return home;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
