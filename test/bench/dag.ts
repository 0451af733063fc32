import { join } from 'node:path';
import { inTurn } from './in-turn';
import { ninjaOf } from './ninja';
import { findPeer, type Peers } from './peers';
import { createRepository } from './repository';
import { type Bench, ratio, unmeasured } from './row';
import { createPlace, makespan, type Place } from './run-plan';
import { levelByLevel, lowerBound, type TimedItem, timedDag } from './timed-dag';

const WORKERS = 8;
/** A seed with which the bound can be reached, but not by first in, first out. */
const ITEMS = timedDag(6, 12, 0.25, 4);

export const dag = (cli: string, peers: Peers): Bench => ({
  name: 'dag',
  about: `${ITEMS.length} items in six layers with uneven gates (\`sleep\` of 0.25 to 2 s) on ${WORKERS} workers, durations known from a run before: against ninja running the same commands, against the bound max(longest chain, work ÷ workers), and against the same plan level by level. A makespan is the time from the first start of a gate to the last end.`,
  async measure(runs) {
    const branches = ITEMS.map(({ name }) => ({ name, file: `changes/${name}` }));
    const repository = createRepository(100, branches);
    const place = createPlace(cli, repository);
    const ninja = findPeer(peers.ninja);
    const runNinja =
      'missing' in ninja ? undefined : ninjaOf(ninja.command, join(repository.root, 'ninja'), ITEMS, WORKERS);
    const turns = await inTurn(runs, {
      ninja: async () => runNinja?.(),
      ours: () => runItems(place, ITEMS),
      levels: () => runItems(place, levelByLevel(ITEMS)),
    });
    const against = (theirs: readonly Timed[], peer: string, figure: keyof Timed, limit?: number) => {
      const name = figure === 'makespan' ? 'makespan' : 'whole command';
      const of = (side: readonly Timed[]) => side.map((run) => run[figure]);
      return ratio(
        `${name} against ${peer}`,
        { ours: of(turns.ours), theirs: of(theirs), unit: 's', peer },
        limit,
      );
    };
    const bound = lowerBound(ITEMS, WORKERS);
    const bounds = turns.ours.map(() => ({ makespan: bound, command: bound }));
    const ninjas = turns.ninja.flatMap((run) => run ?? []);
    return [
      'missing' in ninja
        ? unmeasured('makespan against ninja', '≤ 1.05 ×', 'ninja', ninja.missing)
        : against(ninjas, 'ninja', 'makespan', 1.05),
      ...(ninjas.length === 0 ? [] : [against(ninjas, 'ninja', 'command')]),
      against(bounds, 'the bound', 'makespan', 1.1),
      against(turns.levels, 'level by level', 'makespan'),
    ];
  },
});

/** In seconds. */
interface Timed {
  readonly makespan: number;
  readonly command: number;
}

async function runItems(place: Place, items: readonly TimedItem[]): Promise<Timed> {
  const { seconds, report } = await place.run({
    policy: { maxWorkers: WORKERS, integration: 'none' },
    items: items.map((item) => ({
      name: item.name,
      deps: item.deps,
      gates: [{ name: 'test', run: `sleep ${item.seconds}`, cache: 'off' }],
    })),
  });
  return { makespan: makespan(report), command: seconds };
}
