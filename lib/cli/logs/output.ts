import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Takes results, as fast as their reader does. */
export interface Output {
  /** Resolves when there is place for more, or nobody reads any more. */
  write(chunk: string | Uint8Array): Promise<void>;
}

/** @param onGone called once nobody reads any more, as behind `| head` */
export function openOutput(stream: Writable, onGone: () => void): Output {
  let gone = false;
  const end = () => {
    gone = true;
    onGone();
  };
  stream.once('error', end);
  stream.once('close', end);
  return {
    async write(chunk) {
      if (gone || stream.write(chunk)) return;
      const stop = new AbortController();
      const { signal } = stop;
      const events = ['drain', 'close'].map((event) => once(stream, event, { signal }));
      // `once` rejects on an error, after which nobody reads any more.
      await Promise.race(events).catch(() => {});
      stop.abort();
      for (const event of events) event.catch(() => {});
    },
  };
}
