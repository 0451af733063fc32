import fc from 'fast-check';

/** Files by path: mode, and content or (of a submodule) a commit id. */
export type Files = ReadonlyMap<string, { readonly mode: string; readonly content: string }>;

/** What is done to some files; numbers choose among those that are there. */
export type Step =
  | { readonly do: 'add'; readonly path: string; readonly text: number; readonly mode: string }
  | { readonly do: 'edit' | 'remove' | 'chmod'; readonly at: number }
  | { readonly do: 'move'; readonly at: number; readonly path: string; readonly edited: boolean }
  | { readonly do: 'moveFolder'; readonly at: number; readonly path: string }
  | { readonly do: 'removeFolder'; readonly at: number };

const FOLDERS = ['', 'a', 'a/b', 'c', 'c/a/b', 'e'];
// Some sort differently as a file and as a folder, or are folders elsewhere.
const NAMES = ['f', 'g', 'h', 'a', 'a-', 'a.x', 'a0', 'b', 'é'];
const MODES = ['100644', '100644', '100644', '100755', '120000', '160000'];

const path = fc
  .tuple(fc.constantFrom(...FOLDERS), fc.constantFrom(...NAMES))
  .map(([folder, name]) => (folder === '' ? name : `${folder}/${name}`));
const at = fc.nat(100);
const add = fc.record({
  do: fc.constant('add' as const),
  path,
  text: fc.nat(5),
  mode: fc.constantFrom(...MODES),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  add,
  fc.record({ do: fc.constantFrom('edit' as const, 'remove' as const, 'chmod' as const), at }),
  fc.record({ do: fc.constant('move' as const), at, path, edited: fc.boolean() }),
  fc.record({ do: fc.constant('moveFolder' as const), at, path }),
  fc.record({ do: fc.constant('removeFolder' as const), at }),
);

/** A base with some files, and what two sides make of it. */
export const threeSides = fc
  .tuple(
    fc.array(add, { minLength: 3, maxLength: 14 }),
    fc.array(step, { maxLength: 4 }),
    fc.array(step, { maxLength: 4 }),
  )
  .map(([files, ours, theirs]) => {
    const base = files.reduce(take, new Map());
    return { base, ours: ours.reduce(take, base), theirs: theirs.reduce(take, base) };
  });

function take(files: Files, change: Step): Files {
  if (change.do === 'add') {
    const { mode, text } = change;
    const content = mode === '160000' ? `${text + 1}`.repeat(40) : `${textOf(text)}\n`;
    return put(files, change.path, { mode, content });
  }
  const paths = [...files.keys()];
  const chosen = paths[change.at % paths.length];
  if (chosen === undefined) return files;
  const file = files.get(chosen)!;
  const folder = chosen.split('/').slice(0, -1).join('/');
  const without = new Map(files);
  without.delete(chosen);
  switch (change.do) {
    case 'edit':
      return new Map(files).set(chosen, edited(file));
    case 'remove':
      return without;
    case 'chmod': {
      if (!file.mode.startsWith('1006') && !file.mode.startsWith('1007')) return files;
      return new Map(files).set(chosen, { ...file, mode: file.mode === '100644' ? '100755' : '100644' });
    }
    case 'move':
      return put(without, change.path, change.edited ? edited(file) : file);
    case 'moveFolder':
    case 'removeFolder': {
      if (folder === '') return files;
      const isInside = (name: string) => name.startsWith(`${folder}/`);
      const rest: Files = new Map([...files].filter(([name]) => !isInside(name)));
      if (change.do === 'removeFolder') return rest;
      return [...files]
        .filter(([name]) => isInside(name))
        .reduce((all, [name, moved]) => put(all, `${change.path}${name.slice(folder.length)}`, moved), rest);
    }
  }
}

/** Puts a file where it is to be; what is in its way, a file or a folder, goes. */
function put(files: Files, at: string, file: { mode: string; content: string }): Files {
  const rest = [...files].filter(([name]) => !name.startsWith(`${at}/`) && !at.startsWith(`${name}/`));
  return new Map(rest).set(at, file);
}

/** Long enough that git sees renames of what was edited. */
const textOf = (text: number) =>
  Array.from({ length: 12 }, (_, line) => `text ${text} line ${line}`).join('\n');

function edited({ mode, content }: { mode: string; content: string }) {
  if (mode === '160000') return { mode, content: content.replace(/^./, (digit) => `${(+digit % 9) + 1}`) };
  return { mode, content: content.replace(/line 5(x*)/, 'line 5x$1') };
}

/**
 * A part of a stream for `git fast-import` that makes a commit.
 * @param options `keep`: the files come on top of the parent's; `others`: further parents, whose files do not;
 *   `digits` of an object id
 */
export function commitStream(
  ref: string,
  files: Files,
  parent?: string,
  options: {
    readonly keep?: boolean;
    readonly others?: readonly string[];
    readonly seconds?: number;
    readonly digits?: number;
  } = {},
): string {
  const { keep = false, others = [], seconds = 1_700_000_000, digits = 40 } = options;
  const lines = [`commit ${ref}`, `committer A <a@b> ${seconds} +0000`, 'data 0'];
  if (parent !== undefined) lines.push(`from ${parent}`, ...others.map((other) => `merge ${other}`));
  if (parent !== undefined && !keep) lines.push('deleteall');
  for (const [name, { mode, content }] of files)
    lines.push(
      ...(mode === '160000'
        ? [`M 160000 ${content.padEnd(digits, '0')} ${name}`]
        : [`M ${mode} inline ${name}`, `data ${Buffer.byteLength(content)}`, content]),
    );
  return `${lines.join('\n')}\n`;
}
