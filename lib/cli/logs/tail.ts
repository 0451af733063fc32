import { openLog } from '../../logs/open-log';

const CHUNK = 64 << 10;
/** Times of files are kept less precisely than that of a clock. */
const SLACK_MS = 1_000;

/** A file as it grows. */
export interface Tail {
  /**
   * Hands on what is there beyond what was handed on before; all of it again where the file was begun anew.
   * @returns whether the file is there
   */
  read(take: (bytes: Uint8Array) => Promise<void>): Promise<boolean>;
}

/**
 * A log, as `openLog` has it.
 * @param since a file that was last written before (ms since the epoch) is that of somebody else, left there
 */
export function openTail(path: string, since = Number.NEGATIVE_INFINITY): Tail {
  let offset = 0;
  return {
    async read(take) {
      const log = await openLog(path);
      if (log === undefined) return false;
      const { file, stats } = log;
      try {
        if (stats.mtimeMs < since - SLACK_MS) return false;
        if (stats.size < offset) offset = 0;
        const buffer = Buffer.alloc(CHUNK);
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, CHUNK, offset);
          if (bytesRead === 0) return true;
          offset += bytesRead;
          await take(buffer.subarray(0, bytesRead));
        }
      } finally {
        await file.close();
      }
    },
  };
}
