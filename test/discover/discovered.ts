import { type DiscoverOptions, type Discovery, discover } from '../../lib/discover/discover';
import { InputError, type Problem } from '../../lib/errors';
import type { TestRepository } from '../support/repository';

/** What each item depends on, by name. */
export function depsOf({ items }: Discovery): Record<string, readonly string[]> {
  return Object.fromEntries(items.map(({ name, deps }) => [name, deps]));
}

export const discoverDeps = async (repo: TestRepository, options: DiscoverOptions = {}) =>
  depsOf(await discover(repo.path, options));

/** The notes of one kind. */
export function notesOf({ notes }: Discovery, event: string): string[] {
  return notes.filter((note) => note.event === event).map(({ message }) => message);
}

/** The problems with which a discovery is refused; fails the test when it is not. */
export async function refusalOf(
  repo: TestRepository,
  options: DiscoverOptions = {},
): Promise<readonly Problem[]> {
  const result = await discover(repo.path, options).catch((error: unknown) => error);
  if (result instanceof InputError) return result.problems;
  throw new Error('it was not refused', { cause: result });
}
