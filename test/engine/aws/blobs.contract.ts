import { randomBytes } from 'node:crypto';
import type { Blobs } from '../../../lib/engine/aws/blobs';

type Form = Awaited<ReturnType<Blobs['writeForm']>>;

/** Hands a file in by a form as a browser would. */
export async function post({ url, fields }: Form, key: string, content: string): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...fields, key })) body.append(name, value);
  body.append('file', new Blob([content]));
  return fetch(url, { method: 'POST', body });
}

/** What every place for the files of runs promises. */
export function blobsContract(open: () => Promise<Blobs>): void {
  let blobs: Blobs;
  beforeEach(async () => {
    blobs = await open();
  });

  it('gives back what was put, and nothing where nothing was', async () => {
    const bytes = randomBytes(100_000);
    await blobs.put('runs/r1/a b/ü', bytes, 'application/octet-stream');
    await blobs.put('runs/r1/text', 'old');
    await blobs.put('runs/r1/text', 'tëxt');
    expect((await blobs.get('runs/r1/a b/ü'))?.equals(bytes)).toBe(true);
    expect(String(await blobs.get('runs/r1/text'))).toBe('tëxt');
    expect(await blobs.get('runs/r1')).toBeUndefined();
  });

  it('lists the keys below a prefix in order, however many', async () => {
    const keys = Array.from({ length: 1_005 }, (_, k) => `runs/r1/${String(k).padStart(5, '0')}`);
    for (let k = 0; k < keys.length; k += 50)
      await Promise.all(keys.slice(k, k + 50).map((key) => blobs.put(key, '')));
    await blobs.put('runs/r10/x', '');
    expect(await blobs.list('runs/r1/')).toEqual(keys);
    expect(await blobs.list('runs/r1/0100')).toEqual(keys.slice(1_000));
    expect(await blobs.list('runs/r2/')).toEqual([]);
  });

  it('lists keys whatever they are called', async () => {
    const names = [
      'a',
      'b&amp;c',
      'c\u0001d',
      'd\nx',
      'e\rf',
      'f<g>',
      'g h+i%20',
      'ü\u{1f600}',
      ' lead',
      'trail ',
    ];
    const keys = names.map((name) => `runs/r1/files/${name}/z`);
    for (const key of keys) await blobs.put(key, 'x');
    expect([...(await blobs.list('runs/r1/'))].sort()).toEqual(keys.sort());
  });

  it('copies a file that is there', async () => {
    await blobs.put('runs/r1/a ü+', 'text');
    expect(await blobs.copy('runs/r1/a ü+', 'runs/r2/b')).toBe(true);
    expect(String(await blobs.get('runs/r2/b'))).toBe('text');
    expect(await blobs.copy('runs/r1/none', 'runs/r2/c')).toBe(false);
    expect(await blobs.get('runs/r2/c')).toBeUndefined();
  });

  it('has URLs with which anybody can read a file', async () => {
    await blobs.put('runs/r1/a b/ü', 'text');
    const answer = await fetch(await blobs.readUrl('runs/r1/a b/ü', 60));
    expect(await answer.text()).toBe('text');
    expect((await fetch(await blobs.readUrl('runs/r1/none', 60))).status).toBe(404);
  });

  it('has URLs with which anybody can write a file', async () => {
    const url = await blobs.writeUrl('runs/r1/a b/log', 60);
    const headers = { 'content-type': 'text/plain' };
    expect((await fetch(url, { method: 'PUT', body: 'written', headers })).ok).toBe(true);
    expect(String(await blobs.get('runs/r1/a b/log'))).toBe('written');
  });

  it('has forms with which anybody can write files below a prefix', async () => {
    const form = await blobs.writeForm('runs/r1/artifacts/', 60, 100);
    for (const key of ['runs/r1/artifacts/a.txt', 'runs/r1/artifacts/b/ü.txt']) {
      expect((await post(form, key, key)).ok).toBe(true);
      expect(String(await blobs.get(key))).toBe(key);
    }
  });

  it('turns away a form with a file elsewhere, or one that is too large', async () => {
    const form = await blobs.writeForm('runs/r1/artifacts/', 60, 100);
    expect((await post(form, 'runs/r1/report.json', 'x')).status).toBe(403);
    const large = await post(form, 'runs/r1/artifacts/a', 'x'.repeat(101));
    expect(large.status).toBe(400);
    expect(await large.text()).toContain('EntityTooLarge');
    expect(await blobs.list('runs/')).toEqual([]);
  });
}
