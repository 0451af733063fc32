import { refuse } from '../errors';
import { createNearest, suggest } from '../plan/nearest';
import type { RunReader, StoredRun } from '../run/store';

/** As many runs are told of. */
const TOLD = 20;

/** The run that is named, or else the last one. @throws InputError when there is none */
export async function findRun(store: Pick<RunReader, 'list'>, id: string | undefined): Promise<StoredRun> {
  const runs = await store.list();
  const run = id === undefined ? runs[0] : runs.find((known) => known.id === id);
  if (run !== undefined) return run;
  if (id === undefined || runs.length === 0)
    throw refuse('no-runs', 'there has been no run here', 'start one with lex-pr merge');
  const known = runs.map((other) => other.id);
  const more = known.length > TOLD ? `, … (${known.length})` : '';
  throw refuse(
    'unknown-run',
    `there is no run ${id} here`,
    suggest(createNearest()(id, known), `runs: ${known.slice(0, TOLD).join(', ')}${more}`),
  );
}
