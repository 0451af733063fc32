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

/** The words before the colon of a rule; `:=` and `::=` assign a variable, `test: A = b` one for a target. */
function ruleTargets(text: string): Set<string> {
  const lines = withoutDefinitions(text.replace(/\\\r?\n/g, ' '));
  const rules = lines.matchAll(
    /^([^\t#:=\n][^#:=\n]*):(?!:?:?=)(?!(?: *(?:export|override|private)\b)* *[\w.-]+ *(?:[+?!]|:{1,3})?=)/gm,
  );
  return new Set([...rules].flatMap(([, words]) => words!.trim().split(/\s+/)));
}

/** What stands between `define` and `endef` is the value of a variable. */
function withoutDefinitions(text: string): string {
  let depth = 0;
  const kept = text.split('\n').filter((line) => {
    if (/^ *(?:override +)?define\b(?! *[:=])/.test(line)) depth += 1;
    else if (depth > 0 && /^ *endef\b/.test(line)) depth -= 1;
    return depth === 0;
  });
  return kept.join('\n');
}
