import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProcessHome } from '../../../lib/engine/aws/process-home';

let root: string;
beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'lex-pr-test-')), 'homes');
});
afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

describe('the home of a process', () => {
  it('is a new folder that nobody else can look into', async () => {
    const home = await openProcessHome(root);
    expect(readdirSync(home)).toEqual([]);
    for (const path of [root, home]) expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('holds nothing of a process before that had the same id', async () => {
    writeFileSync(join(await openProcessHome(root), 'left'), 'x');
    expect(readdirSync(await openProcessHome(root))).toEqual([]);
  });

  it('takes the place of those of processes that are gone, and of no others', async () => {
    const { pid: gone } = spawnSync('true');
    mkdirSync(join(root, String(gone), 'deep'), { recursive: true });
    mkdirSync(join(root, String(process.ppid)));
    mkdirSync(join(root, 'of-somebody'));
    await openProcessHome(root);
    expect(existsSync(join(root, String(gone)))).toBe(false);
    expect(readdirSync(root).sort()).toEqual([`${process.pid}`, `${process.ppid}`, 'of-somebody'].sort());
  });
});
