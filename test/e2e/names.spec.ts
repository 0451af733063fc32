import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { artifactFolder, mergePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

const NAMES = [
  '../../x',
  '..',
  '.',
  '-rf',
  '--upload-pack=touch pwned',
  'with space',
  '"quoted" and \'quoted\'',
  'ünïcödé 名前 🚀',
  '$(touch pwned)',
  '; touch pwned',
  'a/b\\c',
  'A',
  'a',
  '%s%n',
];
const BRANCHES = [
  '-dash',
  '--all',
  "o'neil",
  '"quoted"',
  'ünï/名前',
  '$(id)',
  ';id',
  'a/b/c',
  '`id`',
  '%s',
  'a\u2028b',
];
const FILES = ['-f', 'with space', '"quoted"', 'ünï', 'new\nline', 'back\\slash', ':(top)', '*', 'a/-b/c d'];

const everyFile = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

describe('whatever items and gates are called', () => {
  it('they merge, each with its own log and artifacts, and nothing is written outside the artifact folder', async () => {
    const repo = create();
    for (const position of NAMES.keys()) repo.branch(`b${position}`, { [`f${position}`]: '1\n' });
    const gate = { run: 'printf %s "$LEX_PR_GATE" | tee out', artifacts: ['out'] };
    const items = NAMES.map((name, position) => ({
      name,
      branch: `b${position}`,
      deps: NAMES.slice(Math.max(0, position - 1), position),
      gates: (position === 0 ? NAMES : [name]).map((called) => ({ ...gate, name: called })),
    }));
    const { code, report } = await mergePlan(repo, { items, policy: { integration: 'none' } });
    expect(report.items.map(({ name, status }) => `${name}: ${status}`).sort()).toEqual(
      NAMES.map((name) => `${name}: merged`).sort(),
    );
    expect(code).toBe(0);
    expect(readdirSync(repo.root).sort()).toEqual(['artifacts', 'plan.json', 'repo']);
    const folder = artifactFolder(repo);
    const gates = report.items.flatMap((item) => item.gates);
    const named = gates.flatMap(({ log, artifacts }) => [...(log === null ? [] : [log]), ...artifacts]);
    expect(new Set(named.map((path) => path.toLowerCase())).size).toBe(named.length);
    for (const path of named) expect(resolve(folder, path).startsWith(`${folder}/`)).toBe(true);
    expect(named.sort()).toEqual(
      everyFile(folder)
        .filter((path) => path.includes('/'))
        .sort(),
    );
    expect(repo.git('status', '--porcelain')).toBe('');
    expect(existsSync(join(repo.path, 'pwned'))).toBe(false);
  });
});

describe('whatever branches and files are called', () => {
  it('they land, with the target checked out', async () => {
    const repo = create();
    for (const [position, name] of BRANCHES.entries())
      repo.branch(
        name,
        { [FILES[position % FILES.length]!]: `${name}\n`, [`f${position}`]: '1\n' },
        position === 0 ? 'main' : `refs/heads/${BRANCHES[position - 1]}`,
      );
    const items = BRANCHES.map((name, position) => ({
      name,
      deps: BRANCHES.slice(Math.max(0, position - 1), position),
    }));
    const { code, outcome } = await mergePlan(repo, { items });
    expect(outcome).toEqual(Object.fromEntries(BRANCHES.map((name) => [name, 'merged'])));
    expect(code).toBe(0);
    expect(repo.git('status', '--porcelain', '--ignored')).toBe('!! .lex-pr/');
    const last = BRANCHES.at(-1)!;
    expect(repo.git('rev-parse', 'main^{tree}')).toBe(repo.git('rev-parse', `refs/heads/${last}^{tree}`));
  });

  it('a conflict names odd paths as they are', async () => {
    const repo = create();
    repo.branch('ours', { '-f "ü"': 'ours\n' });
    repo.branch('theirs', { '-f "ü"': 'theirs\n' });
    const { report } = await mergePlan(repo, { items: [{ name: 'ours' }, { name: 'theirs' }] });
    expect(report.items[1]!.reason).toContain('-f "ü"');
  });
});

describe('a target of an odd name', () => {
  it.each(['-x', 'release/ünï-"1"', "o'neil"])('such as %s lands', async (target) => {
    const repo = create();
    repo.branch(target, { base: '1\n' });
    repo.branch('change', { change: '1\n' });
    const { code, report } = await mergePlan(repo, { target, items: [{ name: 'change' }] });
    expect(code).toBe(0);
    expect(repo.git('rev-parse', `refs/heads/${target}`)).toBe(report.target.after);
    expect(repo.git('ls-tree', '--name-only', `refs/heads/${target}`).split('\n')).toEqual([
      'README',
      'base',
      'change',
    ]);
  });
});
