import { openReader } from '../../lib/repository/object-reader';
import { testStores } from '../support/stores';

const stores = testStores();
const ABSENT = '1234567890123456789012345678901234567890';

describe('the object reader', () => {
  it('answers many requests at once, each with its own object', async () => {
    const { repo, git } = await stores.create();
    const contents = Array.from({ length: 200 }, (_, i) => `${i}\n`.repeat(i));
    repo.commit(Object.fromEntries(contents.map((content, i) => [`f${i}`, content])));
    const ids = repo.git('ls-tree', 'HEAD').split('\n');
    const reader = openReader(git);
    const read = await Promise.all(
      contents.map((_, i) => reader.read(ids.find((line) => line.endsWith(`\tf${i}`))!.split(/\s/)[2]!)),
    );
    expect(read.map((object) => object?.body.toString())).toEqual(contents);
    await reader.close();
  });

  it('reads an object larger than a pipe holds, and the next after it', async () => {
    const { repo, git } = await stores.create();
    const large = 'line\n'.repeat(400_000);
    const commit = repo.commit({ large });
    const reader = openReader(git);
    const [blob, after] = await Promise.all([
      reader.read(repo.git('rev-parse', 'HEAD:large')),
      reader.read(commit),
    ]);
    expect(blob).toMatchObject({ type: 'blob', body: { length: large.length } });
    expect(after).toMatchObject({ type: 'commit' });
    await reader.close();
  });

  it('has no answer for an object that is not there, and finds it once it is', async () => {
    const { repo, git } = await stores.create();
    const reader = openReader(git);
    expect(await reader.read(ABSENT)).toBeUndefined();
    const loose = repo.commit({ a: 'a' });
    expect(await reader.read(loose)).toMatchObject({ type: 'commit' });
    const packed = repo.commit({ a: 'b' });
    repo.git('repack', '-adq');
    expect(await reader.read(packed)).toMatchObject({ type: 'commit' });
    await reader.close();
  });

  it.each(['HEAD', '--batch', `${ABSENT}\n${ABSENT}`, ABSENT.slice(0, 12), ''])(
    'refuses %j, because only full ids name one object',
    async (id) => {
      const { git } = await stores.create();
      const reader = openReader(git);
      await expect(reader.read(id)).rejects.toThrow('not a full object id');
      await reader.close();
    },
  );

  it('rejects what is asked of a git that ends', async () => {
    const { repo, git } = await stores.create();
    repo.git('config', 'core.repositoryFormatVersion', '99');
    const reader = openReader(git);
    const reads = [reader.read(ABSENT), reader.read(ABSENT)];
    for (const read of reads) await expect(read).rejects.toThrow(/git cat-file ended: .*version/s);
    repo.git('config', '-f', '.git/config', 'core.repositoryFormatVersion', '0');
    expect(await reader.read(repo.git('rev-parse', 'HEAD'))).toMatchObject({ type: 'commit' });
    await reader.close();
  });

  it('answers everything before it closes, and nothing afterwards', async () => {
    const { repo, git } = await stores.create();
    const head = repo.git('rev-parse', 'HEAD');
    const reader = openReader(git);
    const last = reader.read(head);
    await reader.close();
    expect(await last).toMatchObject({ type: 'commit' });
    await expect(reader.read(head)).rejects.toThrow('closed');
    await openReader(git).close();
  });
});
