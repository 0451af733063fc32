import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userIdentity } from '../../lib/repository/identity';
import { openSource } from '../../lib/repository/source';
import { TestRepository } from '../support/repository';

let repo: TestRepository;
const before = { ...process.env };
beforeEach(() => {
  repo = TestRepository.create();
  process.env.GIT_CONFIG_GLOBAL = join(repo.root, 'gitconfig');
  process.env.GIT_CONFIG_NOSYSTEM = '1';
  writeFileSync(process.env.GIT_CONFIG_GLOBAL, '');
});
afterEach(() => {
  delete process.env.GIT_CONFIG_GLOBAL;
  delete process.env.GIT_CONFIG_NOSYSTEM;
  Object.assign(process.env, before);
  repo.remove();
});

const configure = (text: string) => writeFileSync(join(repo.root, 'gitconfig'), text);
const identity = async (repository = repo.path) => userIdentity(await openSource(repository));

describe('the identity of woven commits', () => {
  it("is the local source's before the user's", async () => {
    configure('[user]\n\tname = Global\n\temail = global@example.com\n');
    expect(await identity()).toEqual({ name: 'Tester', email: 'tester@example.com' });
  });

  it("is the user's where the source says nothing, each part on its own", async () => {
    configure('[user]\n\tname = Global\n\temail = global@example.com\n');
    repo.git('config', '--unset', 'user.name');
    expect(await identity()).toEqual({ name: 'Global', email: 'tester@example.com' });
  });

  it("is the user's for a remote source", async () => {
    configure('[user]\n\tname = Global\n\temail = global@example.com\n');
    const url = `file://${repo.path}`;
    expect(await identity(url)).toEqual({ name: 'Global', email: 'global@example.com' });
  });

  it('is lex-pr where nobody says anything', async () => {
    const url = `file://${repo.path}`;
    expect(await identity(url)).toEqual({ name: 'lex-pr', email: 'lex-pr@localhost' });
  });

  it('holds nothing that would end a field of a commit', async () => {
    repo.git('config', 'user.name', 'A <b>\nparent x');
    expect(await identity()).toMatchObject({ name: 'A bparent x' });
  });
});
