import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../bundle.mjs';

const folder = join(root, 'test/mutants');

/** The mutations of test/mutants/*.json, by the promise that they break. */
export function readMutations() {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .sort((a, b) => a.invariant - b.invariant);
}

/** What no longer fits the sources: a text that is not there exactly once, a test that is gone. */
export function stale({ name, file, find, tests }) {
  const count = readFileSync(join(root, file), 'utf8').split(find).length - 1;
  return [
    ...(count === 1 ? [] : [`${name}: its text is ${count} times in ${file}`]),
    ...tests.filter((test) => !existsSync(join(root, test))).map((test) => `${name}: there is no ${test}`),
  ];
}
