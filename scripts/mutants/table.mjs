import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../bundle.mjs';

const BEGIN = '<!-- mutants: written by npm run mutants -- --write -->';
const END = '<!-- /mutants -->';

/** Puts what was found into docs/safety.md. */
export function writeTable(found) {
  const path = join(root, 'docs/safety.md');
  const [before, rest] = readFileSync(path, 'utf8').split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${path} has no place for the table`);
  const rows = found.map(({ invariant, broken, name, caughtBy }) => {
    const by = caughtBy === null ? '**nothing**' : `\`${caughtBy.file}\`: ${caughtBy.test}`;
    return `| ${invariant} | ${broken} (\`${name}\`) | ${cell(by)} |`;
  });
  const table = ['| promise | what was broken | caught by |', '| --- | --- | --- |', ...rows].join('\n');
  writeFileSync(path, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
  execFileSync('npx', ['biome', 'format', '--write', path], { cwd: root, stdio: 'ignore' });
}

const cell = (text) => text.replaceAll('|', '\\|');
