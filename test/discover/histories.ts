import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import type { TestRepository } from '../support/repository';

/** Branch i of a random history: earlier branches that it is built on or names, and a file that it changes. */
export interface RandomBranch {
  readonly builtOn: readonly number[];
  readonly names: readonly number[];
  readonly file: number;
}

export const histories: fc.Arbitrary<RandomBranch[]> = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.tuple(
    ...Array.from({ length: count }, (_, branch) => {
      const earlier = branch === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(branch - 1), { maxLength: 3 });
      return fc.record({ builtOn: earlier, names: earlier, file: fc.nat(3) });
    }),
  ),
);

/** Dates fall while positions rise, so that order by date disagrees with all else. */
export function writeHistory(repo: TestRepository, history: readonly RandomBranch[]): void {
  const main = repo.git('rev-parse', 'main');
  const commands = history.map(({ builtOn, names, file }, branch) => {
    const message = ['change', '', ...names.map((name) => `Depends-on: b${name}`), ''].join('\n');
    const [from, ...merges] = builtOn.map((other) => `refs/heads/b${other}`);
    return [
      `commit refs/heads/b${branch}`,
      `committer T <t@example.com> ${1_700_000_000 - branch} +0000`,
      `data ${message.length}\n${message}`,
      `from ${from ?? main}`,
      ...merges.map((merge) => `merge ${merge}`),
      `M 644 inline file${file}\ndata 2\n${branch}\n`,
    ].join('\n');
  });
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repo.path, input: commands.join('\n') });
}
