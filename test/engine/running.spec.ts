import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { lockHome } from '../../lib/engine/lock';
import { announceRun, callRun, forgetRun, runLeft, runningRun } from '../../lib/engine/running';

let home: string;
const closing: (() => void)[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});

afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
  rmSync(home, { recursive: true, force: true });
});

/** Locks the folder and announces a run; each call of it resolves a promise. */
function carry(run: string) {
  closing.push(lockHome(home));
  let called = Promise.withResolvers<void>();
  const close = announceRun(home, run, () => called.resolve());
  closing.push(close);
  return {
    close,
    async call() {
      called = Promise.withResolvers<void>();
      callRun(home);
      // One that comes before the first look of those without watches is missed.
      const again = setInterval(() => callRun(home), 200);
      await called.promise.finally(() => clearInterval(again));
    },
  };
}

describe('the run that goes on in a folder', () => {
  it('is called by each call', async () => {
    const { call } = carry('r');
    await call();
    await call();
    await call();
  });

  it('is called also where the system has no watches left', async () => {
    const fs: typeof import('node:fs') = require('node:fs');
    const watch = jest.spyOn(fs, 'watch').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    });
    const { call } = carry('r');
    expect(watch).toHaveBeenCalled();
    watch.mockRestore();
    await call();
  });

  it('keeps its process alive until it listens no more', async () => {
    // What keeps the event loop going; a watcher that does not is not among them.
    const watchers = () => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
    // One that is closed is counted until the loop has come round.
    const round = async () => {
      for (let k = 0; k < 3; k++) await setImmediate();
    };
    await round();
    const before = watchers();
    const { close } = carry('r');
    expect(watchers()).toBe(before + 1);
    close();
    await round();
    expect(watchers()).toBe(before);
  });

  it('is known as long as its process holds the lock', async () => {
    expect(runningRun(home)).toBeUndefined();
    const unlock = lockHome(home);
    expect(runningRun(home)).toBeUndefined();
    closing.push(announceRun(home, 'r', () => {}));
    expect(runningRun(home)).toBe('r');
    unlock();
    expect(runningRun(home)).toBeUndefined();
  });

  it('has left once the lock is free, or somebody carries another one', async () => {
    await runLeft(home, 'r');
    const unlock = lockHome(home);
    closing.push(announceRun(home, 'r', () => {}));
    const left = runLeft(home, 'r');
    unlock();
    await left;
    carry('s');
    await runLeft(home, 'r');
  });

  it('need not be there to be called', () => {
    callRun(home);
    expect(existsSync(join(home, 'running'))).toBe(false);
    writeFileSync(join(home, 'running'), 'dead');
    callRun(home);
    forgetRun(home);
    forgetRun(home);
    expect(runningRun(home)).toBeUndefined();
  });
});
