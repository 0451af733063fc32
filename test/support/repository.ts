import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** Of the first repository of a spec file, by path from its top: the others are written rather than made by git. */
let first: ReadonlyMap<string, Buffer> | undefined;

/** A real repository in a temporary folder, for tests. Commits have fixed, increasing dates. */
export class TestRepository {
  private clock = 1_700_000_000;

  private constructor(
    /** Holds everything of this test; removed by `remove`. */
    readonly root: string,
    /** The work tree. */
    readonly path: string,
  ) {}

  /** With one commit on `main`: `README` holding "base\n". */
  static create(options: { bare?: boolean; name?: string } = {}): TestRepository {
    const root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    const path = join(root, options.name ?? 'repo');
    mkdirSync(path);
    const repo = new TestRepository(root, path);
    if (first === undefined) {
      repo.git('init', '-q', '--template=', '-b', 'main', '.');
      repo.git('config', 'user.name', 'Tester');
      repo.git('config', 'user.email', 'tester@example.com');
      repo.commit({ README: 'base\n' }, 'base');
      first = filesOf(path);
    } else {
      for (const folder of EMPTY) mkdirSync(join(path, folder), { recursive: true });
      for (const [name, content] of first) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), content);
      }
      repo.clock += 60;
      repo.git('update-index', '-q', '--refresh');
    }
    for (const folder of USUAL) mkdirSync(join(path, folder), { recursive: true });
    return repo;
  }

  /** The same in a folder of its own. */
  copy(): TestRepository {
    const root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    cpSync(this.root, root, { recursive: true, preserveTimestamps: true });
    const repo = new TestRepository(root, join(root, relative(this.root, this.path)));
    repo.clock = this.clock;
    return repo;
  }

  /** Runs git in the work tree; returns its output without the trailing newline. */
  git(...args: string[]): string {
    const date = `${this.clock} +0000`;
    return execFileSync('git', args, {
      cwd: this.path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
      },
      maxBuffer: 1 << 28,
    }).replace(/\n$/, '');
  }

  /** Writes files (null removes one) on the branch checked out now and commits them; returns the commit. */
  commit(files: Record<string, string | null>, message = 'change'): string {
    this.clock += 60;
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.path, name);
      if (content === null) rmSync(file, { force: true });
      else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    this.git('add', '-A');
    this.git('-c', 'maintenance.auto=false', 'commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /**
   * Makes a branch from another with one commit of files, and goes back to `main`; returns the commit. Where
   * `main` is checked out anyway, the work tree is not touched: two processes rather than seven.
   */
  branch(
    name: string,
    files: Record<string, string | null>,
    from = 'main',
    message = `change ${name}`,
  ): string {
    if (name !== 'main' && this.isAsCreated()) return this.imported(name, files, from, message);
    this.git('checkout', '-q', '--detach', from);
    const commit = this.commit(files, message);
    this.git('update-ref', `refs/heads/${name}`, commit);
    this.git('checkout', '-q', 'main');
    return commit;
  }

  /** Whether `main` is checked out, and the name of who commits is the usual one. */
  private isAsCreated(): boolean {
    const read = (file: string) => readFileSync(join(this.path, '.git', file), 'utf8');
    return read('HEAD') === 'ref: refs/heads/main\n' && read('config').includes('\tname = Tester\n');
  }

  private imported(
    name: string,
    files: Record<string, string | null>,
    from: string,
    message: string,
  ): string {
    this.clock += 60;
    const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
    const quoted = (path: string) => (/["\\\n]/.test(path) ? JSON.stringify(path) : path);
    const all = Object.entries(files);
    const removed = all.filter(([, content]) => content === null).map(([path]) => `D ${quoted(path)}\n`);
    const written = all.flatMap(([path, content]) =>
      content === null ? [] : [`M 100644 inline ${quoted(path)}\n${data(content)}`],
    );
    const input = `commit refs/heads/${name}
mark :1
committer Tester <tester@example.com> ${this.clock} +0000
${data(`${message.trim()}\n`)}from ${from}^0
${[...removed, ...written].join('')}
get-mark :1
`;
    const options = { cwd: this.path, input, encoding: 'utf8' } as const;
    return execFileSync('git', ['fast-import', '--quiet', '--force'], options).trim();
  }

  /** Makes many branches at once, in the order given, each with one commit that adds a file of its name. */
  branches(made: readonly { readonly name: string; readonly from?: string }[]): void {
    const commits = made.map(({ name, from = 'main' }) => {
      this.clock += 60;
      return `commit refs/heads/${name}
committer Tester <tester@example.com> ${this.clock} +0000
data <<END
change ${name}
END
from refs/heads/${from}
M 100644 inline ${name}
data <<END
${name}
END
`;
    });
    execFileSync('git', ['fast-import', '--quiet'], { cwd: this.path, input: commits.join('') });
  }

  /** The content of a file at a revision. */
  show(revision: string, path: string): string {
    return this.git('show', `${revision}:${path}`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Folders of a repository that git wants, and those that it makes usually. */
const EMPTY = ['.git/refs/tags', '.git/objects/info', '.git/objects/pack'];
const USUAL = ['.git/hooks', '.git/info'];

/** The content of all files below a folder, by path. */
function filesOf(folder: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), readFileSync(path)]),
  );
}

/** Makes repositories for the tests of a file; each is removed after its test. */
export function testRepositories(): () => TestRepository {
  // Many processes, on a machine that may be busy.
  jest.setTimeout(60_000);
  const made: TestRepository[] = [];
  afterEach(() => {
    for (const repo of made.splice(0)) repo.remove();
  });
  return () => {
    const repo = TestRepository.create();
    made.push(repo);
    return repo;
  };
}
