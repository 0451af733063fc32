import { readFileSync } from 'node:fs';

/**
 * The processes that hold a lock on a file. Only Linux tells (proc_locks(5)); elsewhere, and for processes in
 * other containers, nobody is named.
 */
export function holdersOf(inode: number): number[] {
  try {
    return parseLocks(readFileSync('/proc/locks', 'utf8'), inode, process.pid);
  } catch {
    return [];
  }
}

/** @param text lines such as `1: POSIX  ADVISORY  WRITE 4711 08:01:131 1073741825 1073742335` */
export function parseLocks(text: string, inode: number, self: number): number[] {
  const pids = text.split('\n').flatMap((line) => {
    const [, pid, found] = /^\d+:\s+\S+\s+\S+\s+\S+\s+(\d+)\s+\w+:\w+:(\d+)\s/.exec(line) ?? [];
    return found === String(inode) && pid !== String(self) ? [Number(pid)] : [];
  });
  return [...new Set(pids)].sort((a, b) => a - b);
}
