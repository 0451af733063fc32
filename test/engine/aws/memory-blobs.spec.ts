import { testBlobs } from '../../support/memory-blobs';
import { blobsContract, post } from './blobs.contract';

describe('blobs in memory', () => {
  const open = testBlobs();
  blobsContract(() => open());

  it('turn away a URL or form that is changed, expired or used for something else', async () => {
    const clock = { ms: 0 };
    const blobs = await open(() => clock.ms);
    await blobs.put('a', 'text');
    const [read, write] = [await blobs.readUrl('a', 60), await blobs.writeUrl('a', 60)];
    const form = await blobs.writeForm('b/', 60, 100);
    expect((await fetch(read, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(write)).status).toBe(403);
    expect((await fetch(read.replace('/a?', '/b?'))).status).toBe(403);
    const widened = { ...form, fields: { ...form.fields, policy: form.fields.policy!.replace('b/', '') } };
    expect((await post(widened, 'a', 'x')).status).toBe(403);
    clock.ms = 60_000;
    expect((await fetch(read)).status).toBe(403);
    expect((await fetch(write, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await post(form, 'b/a', 'x')).status).toBe(403);
    expect([...blobs.files]).toEqual([['a', Buffer.from('text')]]);
  });
});
