import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProcessRecords } from '../../lib/gates/process-records';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lex-pr-records-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('reads its own records beside what is no file of its own', () => {
  const folder = join(root, 'processes');
  const records = openProcessRecords(folder);
  const record = { pid: 4711, processGroup: 4711, startTime: 'boot/12' };
  records.add(record);
  mkdirSync(join(folder, 'lane-0'));
  symlinkSync('lane-1', join(folder, 'lane-1'));
  writeFileSync(join(folder, 'lane-2'), Buffer.alloc(128));
  writeFileSync(join(folder, 'lane-3'), '-1 boot/12\n');
  expect(records.all()).toEqual([record]);
});

it.each([
  ['a file', (path: string) => writeFileSync(path, '1 x\n')],
  ['a link to nowhere', (path: string) => symlinkSync('/no/where', path)],
])('works where %s stood in the place of its folder', (_, make) => {
  const folder = join(root, 'processes');
  make(folder);
  const records = openProcessRecords(folder);
  expect(records.all()).toEqual([]);
  records.forget();
  const record = { pid: 4711, processGroup: 4711, startTime: 'boot/12' };
  records.add(record);
  expect(records.all()).toEqual([record]);
});
