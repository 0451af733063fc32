import type { DiscoveredGate, TopFiles } from './gates';

const TARGETS = ['lint', 'check', 'test'];
/** In the order in which GNU make looks for them. */
const FILES = ['GNUmakefile', 'makefile', 'Makefile'];

/** The targets `lint`, `check` and `test` that a makefile has rules for; included files are not looked into. */
export async function makeTargets(files: TopFiles): Promise<DiscoveredGate[]> {
  const file = FILES.find((name) => files.has(name));
  if (file === undefined) return [];
  const targets = ruleTargets(await files.read(file));
  return TARGETS.filter((name) => targets.has(name)).map((name) => ({
    name,
    run: `make ${name}`,
    from: file,
  }));
}

/** The words before the colon of a rule; `:=` and `::=` assign a variable. */
function ruleTargets(text: string): Set<string> {
  const rules = text.replace(/\\\r?\n/g, ' ').matchAll(/^([^\t#:=\n][^#:=\n]*):(?!:?:?=)/gm);
  return new Set([...rules].flatMap(([, words]) => words!.trim().split(/\s+/)));
}
