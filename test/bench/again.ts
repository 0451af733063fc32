import { inTurn } from './in-turn';
import { layeredRepository } from './layered-repository';
import { atMost, type Bench, ratio } from './row';
import { createPlace, type PlanRun } from './run-plan';

const ITEMS = 200;
const SECONDS = 0.5;

export const again = (cli: string): Bench => ({
  name: 'again',
  about: `${ITEMS} items with a gate of ${SECONDS} s each on 16 workers: the second run of the unchanged plan, whole command, against the first, in a new folder each turn.`,
  async measure(runs) {
    const { repository, plan } = layeredRepository(ITEMS, 16);
    const body = plan({}, `sleep ${SECONDS}`);
    const { pair } = await inTurn(runs, {
      async pair() {
        const place = createPlace(cli, repository);
        return { first: await place.run(body), second: await place.run(body) };
      },
    });
    const seconds = (side: 'first' | 'second') => pair.map((runs) => runs[side].seconds);
    const compared = {
      ours: seconds('second'),
      theirs: seconds('first'),
      unit: 's',
      peer: 'the first run',
    };
    const executed = pair.map(({ second }) => gatesExecuted(second));
    return [
      ratio('the second run', compared, 0.1),
      atMost('gates that the second run executed', 'gates', executed, 0),
    ];
  },
});

function gatesExecuted({ report }: PlanRun): number {
  const gates = [...report.items.flatMap((item) => item.gates), ...report.integration!.gates];
  return gates.filter(({ attempts, cached }) => attempts > 0 && !cached).length;
}
