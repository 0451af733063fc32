import { fenceRef } from '../../../lib/merge/fence';
import type { Report } from '../../../lib/report/report';
import { parseCommit } from '../../../lib/repository/commit-format';
import type { Git } from '../../../lib/repository/git';
import { type ObjectReader, openReader } from '../../../lib/repository/object-reader';
import type { TestRepository } from '../../support/repository';
import type { Evidence, SeenCommit, TargetMove } from '../evidence';

/** What the refs have named since the target named `base`, as their logs tell it. */
export function readRefLogs(repo: TestRepository, base: string): Pick<Evidence, 'target' | 'fence'> {
  const log = (ref: string, format: string) => {
    try {
      return repo
        .git('log', '--walk-reflogs', `--format=${format}`, ref, '--')
        .split('\0')
        .slice(0, -1)
        .reverse();
    } catch {
      return [];
    }
  };
  const target = log('refs/heads/main', '%H %gs%x00').map((line): TargetMove => {
    const [commit = '', ...words] = line.trim().split(' ');
    const run = /^lex-pr: land run (\S+)$/.exec(words.join(' '))?.[1];
    return { commit, run };
  });
  const fence = log(fenceRef('main'), '%B%x00').map((message) => ({
    run: /^run: (.*)$/m.exec(message)![1]!,
    act: /^act: (.*)$/m.exec(message)![1]!,
  }));
  return { target: target.slice(target.findIndex(({ commit }) => commit === base)), fence };
}

/** All commits that a report and the refs lead to. @param git a repository that has them */
export async function readCommits(
  git: Git,
  report: Report,
  more: readonly string[],
): Promise<Evidence['commits']> {
  const reader = openReader(git);
  const named = report.items.flatMap(({ head, candidate, mergeCommit }) => [head, candidate, mergeCommit]);
  const open = [...more, report.integration?.commit, ...named].filter((id) => id != null);
  const seen = new Map<string, SeenCommit>();
  const trees = new Map<string, ReadonlyMap<string, string>>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    const object = await reader.read(id);
    // What was woven and has not landed may be elsewhere.
    if (object === undefined) continue;
    const { tree, parents, message } = parseCommit(object.body);
    if (!trees.has(tree)) trees.set(tree, await filesOf(reader, tree, ''));
    seen.set(id, { parents, message, files: trees.get(tree)! });
    open.push(...parents);
  }
  await reader.close();
  return (id) => {
    const found = seen.get(id);
    if (found === undefined) throw new Error(`${id} is nowhere`);
    return found;
  };
}

async function filesOf(reader: ObjectReader, tree: string, below: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const { body } = (await reader.read(tree))!;
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(0, at);
    const [mode, name] = body.toString('utf8', at, end).split(' ');
    const id = body.toString('hex', end + 1, end + 21);
    at = end + 21;
    if (mode === '40000')
      for (const [path, text] of await filesOf(reader, id, `${below}${name}/`)) files.set(path, text);
    else files.set(`${below}${name}`, (await reader.read(id))!.body.toString());
  }
  return files;
}
