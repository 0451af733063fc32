import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectFolders } from '../../lib/repository/object-folders';
import { alternates } from '../../lib/repository/private';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function make(name: string, borrowed = ''): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'info'), { recursive: true });
  if (borrowed !== '') writeFileSync(join(folder, 'info/alternates'), borrowed);
  return folder;
}

it('are a repository’s own and all that it borrows from, each once', () => {
  const odd = make('o "d\\d\n', alternates(join(root, 'last')));
  const last = make('last');
  const first = make('first', `# said by hand\n${alternates(odd)}../last\n`);
  expect(objectFolders(first)).toEqual([first, odd, last]);
});

it('end where repositories borrow from one another', () => {
  const a = make('a', '../b\n');
  const b = make('b', '../a\n');
  expect(objectFolders(a)).toEqual([a, b]);
});
