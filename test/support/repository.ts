import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

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
    repo.git('init', '-q', '-b', 'main', '.');
    repo.git('config', 'user.name', 'Tester');
    repo.git('config', 'user.email', 'tester@example.com');
    repo.commit({ README: 'base\n' }, 'base');
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
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Makes a branch from another with one commit of files, and goes back to `main`; returns the commit. */
  branch(
    name: string,
    files: Record<string, string | null>,
    from = 'main',
    message = `change ${name}`,
  ): string {
    this.git('checkout', '-q', '--detach', from);
    const commit = this.commit(files, message);
    this.git('update-ref', `refs/heads/${name}`, commit);
    this.git('checkout', '-q', 'main');
    return commit;
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
