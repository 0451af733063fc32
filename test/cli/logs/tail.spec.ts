import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTail, type Tail } from '../../../lib/cli/logs/tail';
import { watchFileIn } from '../../../lib/cli/logs/watch-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a look at the file hands on; undefined where there is no file. */
async function look(tail: Tail): Promise<string | undefined> {
  const parts: Buffer[] = [];
  const isThere = await tail.read(async (bytes) => void parts.push(Buffer.from(bytes)));
  return isThere ? Buffer.concat(parts).toString() : undefined;
}

describe('a tail', () => {
  it('hands on what is new, from the first byte on, however much it is', async () => {
    const file = join(folder, 'log');
    const tail = openTail(file);
    expect(await look(tail)).toBeUndefined();
    writeFileSync(file, 'one\n');
    expect(await look(tail)).toBe('one\n');
    expect(await look(tail)).toBe('');
    const long = 'x'.repeat(200_000);
    appendFileSync(file, long);
    expect(await look(tail)).toBe(long);
  });

  it('begins anew where the file does', async () => {
    const file = join(folder, 'log');
    const tail = openTail(file);
    writeFileSync(file, 'first attempt\n');
    await look(tail);
    writeFileSync(file, 'again\n');
    expect(await look(tail)).toBe('again\n');
  });

  it('hands on nothing of a file that was there before, until it is written', async () => {
    const file = join(folder, 'log');
    writeFileSync(file, 'of another run\n');
    utimesSync(file, 1_000, 1_000);
    const tail = openTail(file, 1_000_000 + 60_000);
    expect(await look(tail)).toBeUndefined();
    writeFileSync(file, 'mine\n');
    expect(await look(tail)).toBe('mine\n');
  });

  it('hands on nothing that is no file, and does not wait for it', async () => {
    writeFileSync(join(folder, 'secret'), 'secret');
    symlinkSync(join(folder, 'secret'), join(folder, 'link'));
    mkdirSync(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const name of ['link', 'folder', 'pipe', 'secret/below'])
      expect(await look(openTail(join(folder, name)))).toBeUndefined();
  });
});

describe('watching a file', () => {
  it('calls when it comes to be, with the folders around it, and when it grows', async () => {
    const file = join(folder, 'logs/item/log');
    let called = Promise.withResolvers<void>();
    const next = async () => {
      await called.promise;
      called = Promise.withResolvers<void>();
    };
    const close = watchFileIn(folder, file, () => called.resolve());
    try {
      mkdirSync(join(folder, 'logs'));
      await next();
      mkdirSync(join(folder, 'logs/item'));
      await next();
      writeFileSync(file, 'one\n');
      await next();
      appendFileSync(file, 'two\n');
      await next();
    } finally {
      close();
    }
  });

  it('of a folder that is not there is no error', () => {
    const gone = join(folder, 'gone');
    watchFileIn(gone, join(gone, 'logs/log'), () => {})();
  });
});
