import { Git, GitError, type GitOptions, type GitResult } from '../../../lib/repository/git';
import { trailerValues } from '../../../lib/repository/trailers';
import type { MemoryRepository } from './repository';
import { TESTER } from './repository';

/** Told of what is done with the remote. */
export interface Witness {
  readonly onList: () => void;
  /** Before the refs move. */
  readonly onPush: (updates: readonly { readonly ref: string; readonly after: string }[]) => void;
}

/**
 * The commands that lex-pr gives to git, on a repository in memory that is its remote and its private one at once.
 * @param pause before and after each command that anybody else can see
 * @throws Error for a command that it does not know
 */
export class MemoryGit extends Git {
  constructor(
    private readonly repository: MemoryRepository,
    private readonly pause: (what: string) => Promise<void>,
    private readonly witness: Witness,
  ) {
    super('/nowhere');
  }

  override async run(given: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    const args = given[0] === '-c' ? given.slice(2) : given;
    const [command = ''] = args;
    const isSeen = command === 'push' || command === 'ls-remote';
    if (isSeen) await this.pause(command);
    const { out = '', exitCode = 0 } = this.answer(command, args, String(options.input ?? ''));
    if (isSeen) await this.pause(`after ${command}`);
    if (!(options.allow ?? [0]).includes(exitCode)) throw new GitError(args, exitCode, '', out);
    return { stdout: Buffer.from(out), stderr: '', exitCode };
  }

  private answer(
    command: string,
    args: readonly string[],
    input: string,
  ): { out?: string; exitCode?: number } {
    const { repository } = this;
    switch (command) {
      case 'ls-remote':
        this.witness.onList();
        return { out: [...repository.refs].map(([ref, id]) => `${id}\t${ref}`).join('\n') };
      case 'cat-file':
        return {
          out: this.check(
            args[1]!,
            input.split('\n').filter((line) => line !== ''),
          ),
        };
      case 'hash-object':
        return { out: repository.tree(new Map()) };
      case 'commit-tree':
        return {
          out: repository.commit({
            tree: args[1]!,
            parents: [],
            author: TESTER,
            committer: TESTER,
            message: input,
          }),
        };
      case 'merge-base':
        return { exitCode: repository.history(args[3]!).has(args[2]!) ? 0 : 1 };
      case 'rev-list':
        return { out: this.own(args[3]!, args[4]!.slice(1)).join('\n') };
      case 'log':
        return { out: this.itemsThatChanged(args) };
      case 'push':
        return this.push(args);
      default:
        throw new Error(`git ${args.join(' ')} is not known here`);
    }
  }

  private check(format: string, names: readonly string[]): string {
    return names
      .map((name) => {
        const id = name.replace(/^refs\/fetched\//, '').replace(/\^\{commit\}$/, '');
        if (!this.repository.has(id)) return `${name} missing`;
        return format.includes('objecttype') ? 'commit' : id;
      })
      .join('\n');
  }

  /** Parents first. */
  private own(head: string, without: string): string[] {
    const known = this.repository.history(without);
    const found: string[] = [];
    const add = (id: string) => {
      if (known.has(id) || found.includes(id)) return;
      for (const parent of this.repository.read(id).parents) add(parent);
      found.push(id);
    };
    add(head);
    return found;
  }

  private itemsThatChanged(args: readonly string[]): string {
    const { repository } = this;
    const [base, tip] = [args[4]!.slice(1), args[5]!];
    const paths = args.slice(args.indexOf('--') + 1);
    const names: string[] = [];
    for (let at = tip; at !== base; at = repository.read(at).parents[0]!) {
      const [now, before] = [repository.filesOf(at), repository.filesOf(repository.read(at).parents[0]!)];
      if (paths.some((path) => now.get(path) !== before.get(path)))
        names.unshift(...trailerValues(repository.read(at).message, 'Lex-PR-Item'));
    }
    return names.join('\n');
  }

  private push(args: readonly string[]): { out?: string; exitCode?: number } {
    const { refs } = this.repository;
    const leases = args
      .filter((arg) => arg.startsWith('--force-with-lease='))
      .map((arg) => arg.slice(19).split(':'));
    const updates = args
      .slice(args.indexOf('--') + 2)
      .map((spec) => ({ ref: spec.slice(spec.indexOf(':') + 1), after: spec.split(':')[0]! }));
    const stale = leases.filter(([ref = '', before = '']) => (refs.get(ref) ?? '') !== before);
    if (leases.length !== updates.length) throw new Error('a ref moves without an expected value');
    if (stale.length > 0)
      return {
        exitCode: 1,
        out: updates.map(({ ref, after }) => `!\t${after}:${ref}\t[rejected] (stale info)`).join('\n'),
      };
    if (updates.length > 1 && !args.includes('--atomic')) throw new Error('refs do not move together');
    this.witness.onPush(updates);
    for (const { ref, after } of updates) refs.set(ref, after);
    return {};
  }
}
