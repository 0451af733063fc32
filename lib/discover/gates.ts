import { InputError } from '../errors';
import { NAME } from '../plan/schema';
import type { Git } from '../repository/git';
import { openReader } from '../repository/object-reader';
import { makeTargets } from './makefile';
import type { Note } from './note';
import { packageScripts } from './package-scripts';

export interface DiscoveredGate {
  readonly name: string;
  readonly run: string;
  /** The file of the repository that it comes from. */
  readonly from: string;
}

/** The files at the top of a tree: which there are, and what they hold. */
export interface TopFiles {
  has(name: string): boolean;
  /** Empty where there is none. */
  read(name: string): Promise<string>;
  /** A file that is there says nothing, because it cannot be read. */
  unreadable(name: string, why: string): void;
}

/**
 * The gates that a repository's own conventions suggest, from its files at a commit. Where two tools have a
 * gate of one name, the later one's is called by its tool too: `cargo-test`.
 */
export async function findGates(
  git: Git,
  commit: string,
): Promise<{ readonly gates: readonly DiscoveredGate[]; readonly notes: readonly Note[] }> {
  const { files, notes, close } = await openTop(git, commit);
  try {
    const gates: DiscoveredGate[] = [];
    for (const { tool, find } of CONVENTIONS) {
      const taken = new Set(gates.map(({ name }) => name));
      for (const gate of await find(files))
        gates.push({ ...gate, name: taken.has(gate.name) ? `${tool}-${gate.name}` : gate.name });
    }
    return { gates, notes };
  } finally {
    await close();
  }
}

/** `NAME=COMMAND`, as `--gate` takes them. @throws InputError with all that are not */
export function parseGates(definitions: readonly string[]): Pick<DiscoveredGate, 'name' | 'run'>[] {
  const gates = definitions.map((definition) => {
    const at = definition.indexOf('=');
    return { definition, name: definition.slice(0, Math.max(at, 0)), run: definition.slice(at + 1) };
  });
  const problems = gates.flatMap(({ definition, name, run }, index) => {
    const hint = "write it as --gate test='npm test'";
    const wrong = (code: string, why: string) => [
      { code, message: `--gate ${JSON.stringify(definition)}: ${why}`, hint },
    ];
    if (!definition.includes('=')) return wrong('bad-gate', 'there is no `=` between name and command');
    if (!NAME.test(name)) return wrong('bad-gate', 'a name has 1 to 255 characters before the `=`');
    if (run.trim() === '') return wrong('bad-gate', 'there is no command after the `=`');
    const again = gates.findIndex((other) => other.name === name) < index;
    return again ? wrong('duplicate-gate', 'there is a gate of that name already') : [];
  });
  if (problems.length > 0) throw new InputError(problems);
  return gates.map(({ name, run }) => ({ name, run }));
}

type Convention = {
  readonly tool: string;
  readonly find: (files: TopFiles) => DiscoveredGate[] | Promise<DiscoveredGate[]>;
};

const whereThereIs = (file: string, run: string) => (files: TopFiles) =>
  files.has(file) ? [{ name: 'test', run, from: file }] : [];

const CONVENTIONS: readonly Convention[] = [
  { tool: 'npm', find: packageScripts },
  { tool: 'make', find: makeTargets },
  { tool: 'cargo', find: whereThereIs('Cargo.toml', 'cargo test') },
  { tool: 'go', find: whereThereIs('go.mod', 'go test ./...') },
  { tool: 'pytest', find: pytest },
];

/** A `pyproject.toml` that does not speak of pytest says nothing about tests. */
async function pytest(files: TopFiles): Promise<DiscoveredGate[]> {
  const speaks = /\bpytest\b/.test(await files.read('pyproject.toml'));
  const from = files.has('pytest.ini') ? 'pytest.ini' : speaks ? 'pyproject.toml' : undefined;
  return from === undefined ? [] : [{ name: 'test', run: 'pytest', from }];
}

async function openTop(
  git: Git,
  commit: string,
): Promise<{ files: TopFiles; notes: readonly Note[]; close(): Promise<void> }> {
  const { stdout } = await git.run(['ls-tree', '-z', commit]);
  // <mode> SP <type> SP <id> TAB <name>; 100: a file, executable or not.
  const entries = [...stdout.toString().matchAll(/(\d{3})\d{3} \w+ (\w+)\t([^\0]+)\0/g)];
  const ids = new Map(entries.filter(([, kind]) => kind === '100').map(([, , id, name]) => [name!, id!]));
  const reader = openReader(git);
  const notes: Note[] = [];
  return {
    notes,
    files: {
      unreadable: (name, why) =>
        notes.push({ event: 'unreadable', message: `no gates from ${name}: ${why}`, warn: true }),
      has: (name) => ids.has(name),
      async read(name) {
        const id = ids.get(name);
        return id === undefined ? '' : ((await reader.read(id))?.body.toString() ?? '');
      },
    },
    close: () => reader.close(),
  };
}
