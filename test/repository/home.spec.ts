import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../lib/errors';
import { openHome } from '../../lib/repository/home';
import { TestRepository } from '../support/repository';

let repo: TestRepository;
beforeEach(() => {
  repo = TestRepository.create();
});
afterEach(() => repo.remove());

describe('the folder .lex-pr', () => {
  it('lies at the top of the work tree, unseen by git status', async () => {
    mkdirSync(join(repo.path, 'a/b'), { recursive: true });
    const home = await openHome(join(repo.path, 'a/b'));
    expect(home).toBe(join(realpathSync(repo.path), '.lex-pr'));
    expect(await openHome(repo.path)).toBe(home);
    expect(repo.git('status', '--porcelain')).toBe('');
  });

  it('lies in the current folder where there is no work tree', async () => {
    expect(await openHome(repo.root)).toBe(join(repo.root, '.lex-pr'));
    repo.git('clone', '-q', '--bare', '.', join(repo.root, 'bare.git'));
    const bare = join(repo.root, 'bare.git');
    expect(await openHome(bare)).toBe(join(bare, '.lex-pr'));
  });

  it('keeps a .gitignore that is there', async () => {
    const home = await openHome(repo.path);
    expect(readFileSync(join(home, '.gitignore'), 'utf8')).toBe('*\n');
    writeFileSync(join(home, '.gitignore'), '*\n!keep\n');
    await openHome(repo.path);
    expect(readFileSync(join(home, '.gitignore'), 'utf8')).toBe('*\n!keep\n');
  });

  it('is refused where it cannot be made', async () => {
    writeFileSync(join(repo.path, '.lex-pr'), 'a file');
    await expect(openHome(repo.path)).rejects.toThrow(InputError);
    // A folder that is there and takes no others.
    if (process.platform === 'linux')
      await expect(openHome('/proc')).rejects.toThrow('cannot make /proc/.lex-pr');
  });
});
