import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATE_PASSES } from '../../lib/engine/gate-passes';
import { keptArtifacts, sweepArtifacts } from '../../lib/engine/kept-artifacts';
import { FileStore } from '../../lib/performance/file-store';

describe('sweepArtifacts', () => {
  let home: string;
  let cache: FileStore;
  let time = 1_000_000;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    cache = new FileStore(join(home, 'cache.db'), { now: () => time });
  });
  afterEach(() => {
    cache.close();
    rmSync(home, { recursive: true });
  });

  async function keep(key: string, bytes: number): Promise<void> {
    mkdirSync(join(keptArtifacts(home), key, 'deep'), { recursive: true });
    writeFileSync(join(keptArtifacts(home), key, 'deep/file'), 'x'.repeat(bytes));
    await cache.set(GATE_PASSES, key, { json: '{}', writtenAt: time, expiresAt: 4e12 });
    time += 60_000;
  }

  it('forgets the passes that were used least recently, with their files, until the rest is small enough', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await keep(key, 40);
    await cache.set(GATE_PASSES, 'without files', { json: '{}', writtenAt: 0, expiresAt: 4e12 });
    await cache.get(GATE_PASSES, 'a');
    await sweepArtifacts(home, cache, 100);
    expect(readdirSync(keptArtifacts(home)).sort()).toEqual(['a', 'd']);
    expect([...cache.uses(GATE_PASSES).keys()].sort()).toEqual(['a', 'd', 'without files']);
    await sweepArtifacts(home, cache, 100);
    expect(readdirSync(keptArtifacts(home)).sort()).toEqual(['a', 'd']);
  });

  it('removes files of passes that are not remembered', async () => {
    await keep('a', 1);
    await keep('b', 1);
    await cache.delete(GATE_PASSES, 'a');
    await sweepArtifacts(home, cache);
    expect(readdirSync(keptArtifacts(home))).toEqual(['b']);
  });

  it('makes nothing where there is nothing', async () => {
    await sweepArtifacts(home, cache);
    expect(existsSync(keptArtifacts(home))).toBe(false);
  });
});
