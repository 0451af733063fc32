import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCredentials } from '../../../lib/engine/aws/credentials';
import {
  type RemoteOptions,
  type RemoteWorkspace,
  withRemoteWorkspace,
} from '../../../lib/engine/aws/repository-access';
import { InputError } from '../../../lib/errors';
import { pushRefs } from '../../../lib/merge/push';
import { GitError } from '../../../lib/repository/git';
import { ensureCommits, readRefs } from '../../../lib/repository/refs';
import { serveRepository } from '../../support/git-http-server';
import { type TestRepository, testRepositories } from '../../support/repository';

const newRepository = testRepositories();
const TOKEN = 'gh/p s3cret+token%';
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:git-AbCdEf';

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  closing.push(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function serve(repo: TestRepository, token?: string) {
  const server = await serveRepository(join(repo.path, '.git'), token);
  closing.push(() => server.close());
  return server;
}

/** A server on 127.0.0.1 that answers as the test says. */
async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function options(repository: string, more: Partial<RemoteOptions> = {}): RemoteOptions {
  return { home: newHome(), repository, credentials: undefined, maxBytes: 2 ** 30, ...more };
}

const secret = (value: string | (() => string), scope: string) =>
  createCredentials(SECRET, scope, async () => (typeof value === 'string' ? value : value()));

/** Reads `main`, and so fetches it. */
const readMain = async ({ source, repository }: RemoteWorkspace) =>
  (await readRefs(source, repository, ['refs/heads/main'])).get('refs/heads/main');

const refusalOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InputError)) throw error ?? new Error('it was taken');
  return error.problems[0]!;
};

/** What a function keeps of an error: its own words, those of its stack, and all that hangs on it. */
const allOf = (error: unknown) =>
  `${(error as Error).stack} ${JSON.stringify(error, Object.getOwnPropertyNames(error as object))}`;

const objectsOf = async ({ repository }: RemoteWorkspace) =>
  (await repository.lines(['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'])).length;

const sizeOf = async ({ repository }: RemoteWorkspace) => {
  const counts = await repository.text(['count-objects', '-v']);
  const count = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(counts)![1]);
  return { stored: count('count') + count('in-pack'), packs: count('packs') };
};

describe('the clone of a repository', () => {
  it('stays, and later calls fetch only what is new', async () => {
    const repo = newRepository();
    // More than git unpacks into single files.
    repo.branches(Array.from({ length: 60 }, (_, k) => ({ name: `b${k}` })));
    const heads = repo.git('for-each-ref', '--format=%(objectname)', 'refs/heads').split('\n');
    const server = await serve(repo);
    const opened = options(server.url);
    const first = await withRemoteWorkspace(opened, async (workspace) => {
      await ensureCommits(workspace.source, workspace.repository, heads);
      return sizeOf(workspace);
    });
    expect(first.packs).toBe(1);

    const fetches = () => server.requests.filter((request) => request.startsWith('POST')).length;
    const before = fetches();
    await withRemoteWorkspace(opened, ({ source, repository }) => ensureCommits(source, repository, heads));
    // The list of refs, asked for when it was opened, and nothing else.
    expect(fetches() - before).toBe(1);

    const head = repo.commit({ more: 'x\n' });
    await withRemoteWorkspace(opened, async (workspace) => {
      expect(await readMain(workspace)).toBe(head);
      // A commit, a tree, a file; nothing that was there was brought again.
      expect(await sizeOf(workspace)).toEqual({ stored: first.stored + 3, packs: 1 });
      expect(await objectsOf(workspace)).toBe(first.stored + 3);
    });
  });

  it('sees a branch that was moved by force', async () => {
    const repo = newRepository();
    const server = await serve(repo);
    const opened = options(server.url);
    repo.commit({ a: 'a\n' });
    await withRemoteWorkspace(opened, readMain);
    repo.git('reset', '-q', '--hard', 'HEAD~1');
    const now = repo.commit({ b: 'b\n' });
    expect(await withRemoteWorkspace(opened, readMain)).toBe(now);
  });

  it('makes room: those of other repositories go first, the one longest unused before the others', async () => {
    const home = newHome();
    const filled = () => {
      const repo = newRepository();
      repo.commit({ large: Array.from({ length: 20_000 }, () => Math.random()).join('\n') });
      return repo;
    };
    const servers = await Promise.all([filled(), filled(), filled()].map((repo) => serve(repo)));
    const clones = () => readdirSync(join(home, 'repositories'));
    const open = async (k: number, maxBytes: number) => {
      await withRemoteWorkspace(options(servers[k]!.url, { home, maxBytes }), readMain);
      return clones();
    };
    const [a] = await open(0, 2 ** 30);
    const [b] = (await open(1, 2 ** 30)).filter((name) => name !== a);
    // Used again, so that now the other one is the older.
    await open(0, 2 ** 30);
    // Two and a half of them fit: each has about 160 KB of files that cannot be made smaller.
    const size = statSync(packOf(join(home, 'repositories', a!))).size;
    const three = await open(2, 2 ** 30);
    const [c] = three.filter((name) => name !== a && name !== b);
    expect(await open(2, size * 2.5)).toEqual([a, c].sort());
    expect(await open(2, size * 1.5)).toEqual([c]);
    // In the end its own: it is made anew.
    expect(await open(2, 1)).toEqual([c]);
  });

  it('is rid of what a process that died has left half done', async () => {
    const repo = newRepository();
    const server = await serve(repo);
    const opened = options(server.url);
    const gitDir = await withRemoteWorkspace(opened, async (workspace) => {
      await readMain(workspace);
      return workspace.repository.gitDir;
    });
    const left = ['shallow.lock', 'refs/fetched/x.lock', 'objects/pack/tmp_pack_1', 'objects/00/tmp_obj_1'];
    mkdirSync(join(gitDir, 'objects/00'), { recursive: true });
    for (const path of left) writeFileSync(join(gitDir, path), '');
    const unfinished = join(opened.home, 'repositories/new-abc');
    mkdirSync(unfinished);
    const head = repo.commit({ a: 'a\n' });
    expect(await withRemoteWorkspace(opened, readMain)).toBe(head);
    expect(left.filter((path) => existsSync(join(gitDir, path)))).toEqual([]);
    expect(existsSync(unfinished)).toBe(false);
  });

  const objectFiles = (gitDir: string) =>
    readdirSync(join(gitDir, 'objects'), { recursive: true })
      .map((name) => join(gitDir, 'objects', String(name)))
      .filter((path) => statSync(path).isFile() && !path.includes('/info/'));

  const each = (gitDir: string, change: (path: string) => void) => {
    // Git's own files cannot be written to.
    for (const path of objectFiles(gitDir)) {
      chmodSync(path, 0o600);
      change(path);
    }
  };
  it.each<[string, (gitDir: string) => void]>([
    ['whose files are cut off', (gitDir) => each(gitDir, (path) => truncateSync(path, 20))],
    ['whose files are empty', (gitDir) => each(gitDir, (path) => truncateSync(path, 0))],
    [
      'whose files hold something else',
      (gitDir) => each(gitDir, (path) => writeFileSync(path, 'x'.repeat(500))),
    ],
    ['whose files are gone', (gitDir) => each(gitDir, (path) => rmSync(path))],
    ['without HEAD', (gitDir) => rmSync(join(gitDir, 'HEAD'))],
    ['with a broken configuration', (gitDir) => writeFileSync(join(gitDir, 'config'), '[core')],
  ])('%s is made anew', async (_, damage) => {
    const repo = newRepository();
    const server = await serve(repo);
    const opened = options(server.url);
    const head = repo.branch('a', { 'deep/file': 'a\n' });
    const work = async (workspace: RemoteWorkspace) => {
      const { source, repository, merge, commits } = workspace;
      const main = (await readMain(workspace))!;
      await ensureCommits(source, repository, [head]);
      const merged = await merge(main, head);
      await commits.read(head);
      return { main, merged, gitDir: repository.gitDir };
    };
    const { gitDir } = await withRemoteWorkspace(opened, work);
    damage(gitDir);
    const main = repo.commit({ b: 'b\n' });
    const again = await withRemoteWorkspace(opened, work);
    expect(again).toMatchObject({ main, merged: { kind: 'clean' } });
    repo.git('fetch', '-q', gitDir, `${head}:refs/heads/there`);
    expect(repo.show('there', 'deep/file')).toBe('a');
  });

  it('is thrown away once only: what goes on failing is an error', async () => {
    const repo = newRepository();
    const server = await serve(repo);
    let tries = 0;
    const work = () => {
      tries += 1;
      return Promise.reject(new GitError(['x'], 128, 'fatal: loose object 1 is corrupt', ''));
    };
    await expect(withRemoteWorkspace(options(server.url), work)).rejects.toThrow('is corrupt');
    expect(tries).toBe(2);
  });

  it('is for one call at a time, and the others wait for it', async () => {
    const repo = newRepository();
    repo.branches(Array.from({ length: 5 }, (_, k) => ({ name: `b${k}` })));
    const server = await serve(repo, TOKEN);
    const credentials = secret(TOKEN, new URL(server.url).origin);
    const opened = options(server.url, { credentials });
    let inside = 0;
    const work = async (workspace: RemoteWorkspace) => {
      inside += 1;
      expect(inside).toBe(1);
      const main = await readMain(workspace);
      inside -= 1;
      return main;
    };
    const failing = withRemoteWorkspace(opened, () => Promise.reject(new Error('not this one')));
    const all = Array.from({ length: 5 }, () => withRemoteWorkspace(opened, work));
    await expect(failing).rejects.toThrow('not this one');
    expect(new Set(await Promise.all(all))).toEqual(new Set([repo.git('rev-parse', 'main')]));
  });
});

/** The largest file of a clone. */
function packOf(gitDir: string): string {
  const files = readdirSync(join(gitDir, 'objects'), { recursive: true }).map((name) =>
    join(gitDir, 'objects', String(name)),
  );
  return files.sort((a, b) => statSync(b).size - statSync(a).size)[0]!;
}

describe('the token of a secret', () => {
  it('opens the repository to read and to push', async () => {
    const repo = newRepository();
    repo.git('config', 'receive.denyCurrentBranch', 'ignore');
    const server = await serve(repo, TOKEN);
    const credentials = secret(
      JSON.stringify({ username: 'me/@', token: TOKEN }),
      server.url.replace(/\/.git$/, ''),
    );
    await withRemoteWorkspace(options(server.url, { credentials }), async (workspace) => {
      const main = (await readMain(workspace))!;
      const update = { ref: 'refs/heads/pushed', before: undefined, after: main };
      expect(await pushRefs(workspace.source, workspace.repository, [update])).toEqual({ kind: 'moved' });
    });
    expect(repo.git('rev-parse', 'pushed')).toBe(repo.git('rev-parse', 'main'));
  });

  it('is in no command line, no environment and no configuration, and in no file afterwards', async () => {
    const repo = newRepository();
    const server = await serve(repo, TOKEN);
    const credentials = secret(TOKEN, new URL(server.url).origin);
    const opened = options(server.url, { credentials });
    // Every git that is started says what it was started with, and goes on.
    const bin = join(newHome(), 'bin');
    mkdirSync(bin);
    const seen = join(bin, 'seen');
    const path = process.env.PATH;
    closing.push(() => {
      process.env.PATH = path;
    });
    writeFileSync(
      join(bin, 'git'),
      `#!/bin/sh\nPATH='${path}'\n{ tr '\\0' ' ' </proc/$$/cmdline; tr '\\0' ' ' </proc/$$/environ; echo; } >>'${seen}'\nexec git "$@"\n`,
      { mode: 0o755 },
    );
    process.env.PATH = `${bin}:${path}`;
    const forms = [
      TOKEN,
      encodeURIComponent(TOKEN),
      Buffer.from(`x-access-token:${TOKEN}`).toString('base64'),
    ];
    const found = (text: string) => forms.filter((form) => text.toLowerCase().includes(form.toLowerCase()));
    const filesWith = (folder: string) =>
      readdirSync(folder, { recursive: true })
        .map(String)
        .filter((name) => statSync(join(folder, name)).isFile())
        .filter((name) => found(readFileSync(join(folder, name), 'latin1')).length > 0);

    await withRemoteWorkspace(opened, async (workspace) => {
      await readMain(workspace);
      expect(workspace.source.url).toBe(server.url);
      expect(found(JSON.stringify(workspace.source))).toEqual([]);
      // Where git takes it from, as long as the call lasts: for this user's eyes only.
      expect(filesWith(opened.home)).toEqual(['access/logins']);
      const modes = ['access', 'access/logins'].map((name) => statSync(join(opened.home, name)).mode & 0o777);
      expect(modes).toEqual([0o700, 0o600]);
    });
    const log = readFileSync(seen, 'latin1');
    expect(log).toContain('ls-remote');
    expect(log).toContain('fetch');
    expect(found(log)).toEqual([]);
    expect(found(JSON.stringify(process.env))).toEqual([]);
    expect(filesWith(opened.home)).toEqual([]);
    expect(existsSync(join(opened.home, 'access'))).toBe(false);
  });

  it('is not left behind by work that fails', async () => {
    const server = await serve(newRepository(), TOKEN);
    const opened = options(server.url, { credentials: secret(TOKEN, new URL(server.url).origin) });
    await expect(withRemoteWorkspace(opened, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(opened.home)).toEqual(['repositories']);
  });

  it('that is wrong is an error that names the secret and repeats neither token nor login', async () => {
    const server = await serve(newRepository(), 'the right one');
    const opened = options(server.url, { credentials: secret(TOKEN, new URL(server.url).origin) });
    const problem = await refusalOf(withRemoteWorkspace(opened, readMain));
    expect(problem).toMatchObject({ code: 'remote-refused', message: expect.stringContaining(server.url) });
    expect(problem.hint).toBe(`check the token in the secret ${SECRET}`);
    expect(JSON.stringify(problem)).not.toContain('s3cret');
  });

  it('is read once more where it has been rotated, also in the middle of the work', async () => {
    const repo = newRepository();
    let reads = 0;
    const old = await serve(repo, 'new token');
    const credentials = secret(() => (reads++ === 0 ? 'old token' : 'new token'), new URL(old.url).origin);
    const opened = options(old.url, { credentials });
    expect(await withRemoteWorkspace(opened, readMain)).toBe(repo.git('rev-parse', 'main'));
    expect(reads).toBe(2);

    const words = `fatal: Authentication failed for '${old.url}/'`;
    let works = 0;
    const changing = secret(
      () => (works === 0 ? 'new token' : JSON.stringify({ username: 'other', token: 'new token' })),
      new URL(old.url).origin,
    );
    const work = async (workspace: RemoteWorkspace) => {
      works += 1;
      if (works === 1) throw new GitError(['fetch'], 128, words, '');
      return readMain(workspace);
    };
    const second = options(old.url, { credentials: changing });
    expect(await withRemoteWorkspace(second, work)).toBe(repo.git('rev-parse', 'main'));
    expect(works).toBe(2);
  });

  it('is not repeated by a host that says what it was sent', async () => {
    const echo = await listen((request, response) => {
      const { authorization } = request.headers;
      if (authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
        return;
      }
      const password = Buffer.from(authorization.split(' ')[1]!, 'base64').toString();
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`you sent ${authorization}, which is ${password}\n`);
    });
    const opened = options(`${echo}/repo`, { credentials: secret(TOKEN, echo) });
    const error = await withRemoteWorkspace(opened, readMain).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GitError);
    expect(allOf(error)).toContain('you sent Basic ***');
    expect(allOf(error)).not.toContain('s3cret');
    expect(allOf(error)).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
  });

  it('follows no redirect to another host', async () => {
    const repo = newRepository();
    const served = await serve(repo);
    const sent: (string | undefined)[] = [];
    let asks = false;
    const other = await listen((request, response) => {
      sent.push(request.headers.authorization);
      if (asks) response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      else response.writeHead(302, { location: `${new URL(served.url).origin}${request.url}` }).end();
    });
    const host = await listen((request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      else
        response
          .writeHead(302, { location: `${other.replace('127.0.0.1', 'localhost')}${request.url}` })
          .end();
    });
    const opened = options(`${host}/.git`, { credentials: secret(TOKEN, host) });
    await withRemoteWorkspace(opened, readMain).catch(() => {});
    asks = true;
    const problem = await refusalOf(withRemoteWorkspace(opened, readMain));
    expect(problem.code).toBe('remote-refused');
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.filter((authorization) => authorization !== undefined)).toEqual([]);
  });

  it('is not sent for a repository outside of its scope, which is then refused unless it is public', async () => {
    const repo = newRepository();
    const open = await serve(repo);
    const sent: (string | undefined)[] = [];
    const host = await listen((request, response) => {
      sent.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    });
    const scope = `${host}/ours/`;
    const outside = options(`${host}/theirs/repo`, { credentials: secret(TOKEN, scope) });
    const problem = await refusalOf(withRemoteWorkspace(outside, readMain));
    expect(problem.code).toBe('remote-refused');
    expect(problem.hint).toBe(`the secret ${SECRET} is not used here, but for ${scope} only`);
    const inPublic = options(open.url, { credentials: secret(TOKEN, scope) });
    expect(await withRemoteWorkspace(inPublic, readMain)).toBe(repo.git('rev-parse', 'main'));
    expect(sent).toEqual([undefined]);
  });
});

describe('a repository that cannot be opened', () => {
  it('is a refusal where it is not there, or needs a token that there is none for', async () => {
    const guarded = await serve(newRepository(), TOKEN);
    const without = await refusalOf(withRemoteWorkspace(options(guarded.url), readMain));
    expect(without).toMatchObject({
      code: 'remote-refused',
      hint: expect.stringContaining('give the stack a secret'),
    });
    const there = await serve(newRepository());
    const missing = await refusalOf(withRemoteWorkspace(options(`${there.url}-not`), readMain));
    expect(missing).toMatchObject({ code: 'remote-unreachable' });
    expect((await refusalOf(withRemoteWorkspace(options('git@host:repo'), readMain))).code).toBe(
      'repository-url',
    );
  });

  it('is a fault where its host fails or does not answer: another try may help', async () => {
    const server = await serve(newRepository());
    server.failWith = 503;
    await expect(withRemoteWorkspace(options(server.url), readMain)).rejects.toThrow(GitError);
    server.failWith = undefined;
    await server.close();
    await expect(withRemoteWorkspace(options(server.url), readMain)).rejects.toThrow(GitError);
  });

  it('is a fault where that happens in the middle of the work', async () => {
    const server = await serve(newRepository());
    const work = (workspace: RemoteWorkspace) => {
      server.failWith = 404;
      return readMain(workspace);
    };
    await expect(withRemoteWorkspace(options(server.url), work)).rejects.toThrow(GitError);
  });
});
