import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZipTooLargeError, ZipWriter } from '../../../lib/engine/aws/zip';
import { unzip } from '../../support/unzip';

async function archive(write: (zip: ZipWriter) => Promise<void>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const zip = new ZipWriter((bytes) => parts.push(bytes));
  await write(zip);
  await zip.end();
  return Buffer.concat(parts);
}

describe('a ZIP archive', () => {
  it('holds names, modes and contents, packed where that is shorter', async () => {
    const text = Buffer.from('again '.repeat(1_000));
    const packed = await archive(async (zip) => {
      await zip.add('tree/ä b', 0o100755, text);
      await zip.add('tree/link', 0o120777, Buffer.from('ä b'));
      await zip.add('tree/folder/', 0o040755, Buffer.alloc(0));
    });
    expect(packed.length).toBeLessThan(text.length);
    expect(unzip(packed)).toEqual([
      { name: 'tree/ä b', mode: 0o100755, content: text },
      { name: 'tree/link', mode: 0o120777, content: Buffer.from('ä b') },
      { name: 'tree/folder/', mode: 0o040755, content: Buffer.alloc(0) },
    ]);
  });

  it('takes large files as they are read, and is the same each time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    try {
      const file = join(folder, 'large');
      const content = Buffer.alloc(33 << 20, 'x');
      writeFileSync(file, content);
      const write = () => archive((zip) => zip.addFile('large', 0o100644, file, content.length));
      const first = await write();
      expect(unzip(first)[0]!.content.equals(content)).toBe(true);
      expect((await write()).equals(first)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('may have nothing in it, and more entries than 16 bits count', async () => {
    expect(unzip(await archive(async () => {}))).toEqual([]);
    const many = await archive(async (zip) => {
      for (let k = 0; k < 70_000; k += 1) await zip.add(`f${k}`, 0o100644, Buffer.alloc(0));
    });
    const entries = unzip(many);
    expect([entries.length, entries.at(-1)!.name]).toEqual([70_000, 'f69999']);
  });

  it('is refused above 4 GB', async () => {
    const chunk = Buffer.alloc(0);
    // Only what is written counts.
    const zip = new ZipWriter(() => {});
    Object.assign(zip, { at: 2 ** 32 - 40 });
    await expect(zip.add('a', 0o100644, chunk)).resolves.toBeUndefined();
    await expect(zip.add('b', 0o100644, Buffer.from('xx'))).rejects.toThrow(ZipTooLargeError);
  });
});
