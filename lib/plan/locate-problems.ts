import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError, type Problem } from '../errors';
import type { FieldPath } from './field-path';
import { placeOf } from './read-plan';
import { locateIn, MAX_LENGTH, parseDocument } from './source-document';
import { utf8Of } from './utf8';

/**
 * Runs something with a plan that was read. What is wrong with the plan only in its repository, such as a branch that
 * is not there, names a field; its file and line are found by reading the document once more.
 * @throws as `act`, with file, line and column for such problems
 */
export async function locating<T>(pathOrDash: string, cwd: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof InputError) || !error.problems.some(isUnlocated)) throw error;
    throw new InputError(located(error.problems, pathOrDash, cwd));
  }
}

const isUnlocated = ({ file, path }: Problem) => file === undefined && path !== undefined && path !== '';

function located(problems: readonly Problem[], pathOrDash: string, cwd: string): Problem[] {
  const { file } = placeOf(pathOrDash, cwd);
  const open = problems.filter(isUnlocated);
  const locate = pathOrDash === '-' ? undefined : readAgain(resolve(cwd, pathOrDash), file);
  // All at once: each look walks through the text.
  const positions = locate?.(
    open.map(({ code, message, path }) => ({ code, message, path: parsePath(path!) })),
  );
  const places = new Map(open.map((problem, k) => [problem, positions?.[k]]));
  return problems.map((problem) =>
    places.has(problem) ? { ...problem, file, ...places.get(problem) } : problem,
  );
}

/** Undefined where it can be read once only, or is another one by now. */
function readAgain(path: string, file: string) {
  try {
    const status = statSync(path);
    if (!status.isFile() || status.size > MAX_LENGTH) return undefined;
    const text = utf8Of(readFileSync(path))?.replace(/^\ufeff/, '');
    return text === undefined ? undefined : locateIn(text, parseDocument(text, file));
  } catch {
    return undefined;
  }
}

/** `items[2].branch`, as `formatPath` writes it where keys are names of fields. */
const parsePath = (path: string): FieldPath =>
  Array.from(path.matchAll(/\[(\d+)\]|([^.[\]]+)/g), ([, index, key]) => (index ? Number(index) : key!));
