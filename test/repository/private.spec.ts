import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openHome } from '../../lib/repository/home';
import { openPrivate } from '../../lib/repository/private';
import { openSource } from '../../lib/repository/source';
import { TestRepository } from '../support/repository';

let repo: TestRepository;
let home: string;
beforeEach(async () => {
  repo = TestRepository.create();
  home = await openHome(repo.root);
});
afterEach(() => repo.remove());

const open = async (repository = repo.path) => openPrivate(home, await openSource(repository));

describe('the private repository', () => {
  it('sees the objects of a local source and writes none of its own there', async () => {
    const git = await open();
    const main = repo.git('rev-parse', 'main');
    expect(await git.text(['cat-file', '-t', main])).toBe('commit');
    const blob = await git.text(['hash-object', '-w', '--stdin'], { input: 'private\n' });
    expect(() => repo.git('cat-file', '-e', blob)).toThrow();
  });

  it('sees objects that the source itself borrows by relative paths', async () => {
    const borrower = join(repo.root, 'borrower');
    repo.git('clone', '-q', '--shared', repo.path, borrower);
    writeFileSync(join(borrower, '.git/objects/info/alternates'), '../../../repo/.git/objects\n');
    const git = await open(borrower);
    expect(await git.text(['cat-file', '-t', repo.git('rev-parse', 'main')])).toBe('commit');
  });

  it('sees the objects of a source whose path holds quotes and a newline', async () => {
    const path = join(repo.root, 'a "b"\n\\c #');
    repo.git('clone', '-q', repo.path, path);
    expect(await (await open(path)).text(['cat-file', '-t', repo.git('rev-parse', 'main')])).toBe('commit');
  });

  it('is one a source, and stays the same one', async () => {
    const first = await open();
    expect((await open()).gitDir).toBe(first.gitDir);
    expect((await open(`file://${repo.path}`)).gitDir).not.toBe(first.gitDir);
  });

  it('has the object format of its source, and follows it when that is made anew', async () => {
    await open();
    rmSync(join(repo.path, '.git'), { recursive: true });
    repo.git('init', '-q', '--object-format=sha256');
    expect(await (await open()).text(['rev-parse', '--show-object-format'])).toBe('sha256');
  });

  it('is whole for each of many that make it at once, and nothing else is left', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(new Set(all.map((git) => git.gitDir)).size).toBe(1);
    const main = repo.git('rev-parse', 'main');
    for (const git of all) expect(await git.text(['cat-file', '-t', main])).toBe('commit');
    const { gitDir } = all[0]!;
    expect(readdirSync(dirname(gitDir))).toEqual([basename(gitDir)]);
  });

  it.each(['HEAD', 'refs', 'objects/info/alternates', 'objects'])(
    'is repaired when its %s is missing',
    async (part) => {
      const before = await open();
      rmSync(join(before.gitDir, part), { recursive: true });
      const after = await open();
      expect(after.gitDir).toBe(before.gitDir);
      expect(await after.text(['cat-file', '-t', repo.git('rev-parse', 'main')])).toBe('commit');
    },
  );

  it('keeps its refs and objects through a repair', async () => {
    const git = await open();
    const blob = await git.text(['hash-object', '-w', '--stdin'], { input: 'private\n' });
    await git.run(['update-ref', 'refs/x/y', blob]);
    rmSync(join(git.gitDir, 'HEAD'));
    expect(await (await open()).text(['cat-file', '-p', 'refs/x/y'])).toBe('private');
  });

  describe('with hooks, templates and drivers in the configuration of the user', () => {
    const before = { ...process.env };
    beforeEach(() => {
      const planted = join(repo.root, 'planted');
      mkdirSync(join(planted, 'hooks'), { recursive: true });
      const touch = `#!/bin/sh\ntouch "${repo.root}/ran"\n`;
      writeFileSync(join(planted, 'hooks/reference-transaction'), touch, { mode: 0o755 });
      const config = `[init]\n\ttemplateDir = ${planted}\n\tdefaultBranch = evil
[core]\n\thooksPath = ${planted}/hooks\n[merge "evil"]\n\tdriver = ${planted}/hooks/reference-transaction\n`;
      writeFileSync(join(repo.root, 'gitconfig'), config);
      writeFileSync(
        join(repo.path, '.git/config'),
        `${readFileSync(join(repo.path, '.git/config'))}${config}`,
      );
      process.env.GIT_CONFIG_GLOBAL = join(repo.root, 'gitconfig');
      process.env.GIT_TEMPLATE_DIR = planted;
    });
    afterEach(() => {
      delete process.env.GIT_CONFIG_GLOBAL;
      delete process.env.GIT_TEMPLATE_DIR;
      Object.assign(process.env, before);
    });

    it('is made without them', async () => {
      const { gitDir } = await open();
      expect(existsSync(join(gitDir, 'hooks'))).toBe(false);
      expect(readFileSync(join(gitDir, 'HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
    });

    it('runs none of them', async () => {
      const git = await open();
      await git.run(['update-ref', 'refs/x', repo.git('rev-parse', 'main')]);
      expect(await git.text(['config', '--list'])).not.toContain('driver');
      expect(existsSync(join(repo.root, 'ran'))).toBe(false);
      // The hook itself works: the user's git runs it.
      repo.git('update-ref', 'refs/x', 'main');
      expect(existsSync(join(repo.root, 'ran'))).toBe(true);
    });
  });
});
