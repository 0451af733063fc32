import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findFiles } from '../../lib/gates/find-files';
import { matchesPattern } from '../../lib/gates/match-pattern';
import { Workspace } from './workspace';

const FILES = [
  'a',
  'b1',
  'b22',
  'out/x',
  'out/deep/y',
  'out/.hidden/z',
  '.dot/w',
  'a.d/v',
  'sub/.git/config',
  'o[x]',
];
const PATTERNS = [
  'a',
  'b?',
  'b[12]',
  'b*',
  'out',
  'out/',
  './out',
  'out/*',
  '**',
  '**/*',
  '**/y',
  'out/**',
  '*',
  '.dot',
  '.*',
  '*/*',
  '**/deep',
  'o\\[x]',
  '../a',
  '/a',
  'none',
  'sub',
];

it.each(PATTERNS)('the pattern %s matches by path what it finds in a folder', async (pattern) => {
  const workspace = new Workspace();
  try {
    for (const file of FILES) {
      mkdirSync(dirname(join(workspace.tree, file)), { recursive: true });
      writeFileSync(join(workspace.tree, file), '');
    }
    const { files } = await findFiles(pattern, workspace.tree, '.');
    expect(FILES.filter((file) => matchesPattern(pattern, file)).sort()).toEqual([...files.keys()].sort());
  } finally {
    workspace.remove();
  }
});
