import { mergePlan, type PlanDocument, runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();
const NAMES = ['a', 'b', 'fix', 'groundwork', 'urgent'];

/** Five items, of which `fix` stands on `groundwork`. */
function branches() {
  const repo = create();
  for (const name of NAMES) repo.branch(name, { [name]: '1\n' });
  return repo;
}
const items = [
  { name: 'a' },
  { name: 'b' },
  { name: 'fix', deps: ['groundwork'], hotfix: true },
  { name: 'groundwork' },
  { name: 'urgent', priority: 7 },
];
const ORDER = ['groundwork', 'fix', 'urgent', 'a', 'b'];

describe('priorities and hot-fixes', () => {
  it('decide which gates run first, and the order of what lands', async () => {
    const repo = branches();
    const policy = { maxWorkers: 1 };
    const dry = await mergePlan(repo, { items, policy }, []);
    expect(dry.report.items.map(({ name }) => name)).toEqual(ORDER);
    const started = dry.report.items
      .flatMap(({ name, gates }) => gates.map(({ startedAt }) => ({ name, at: startedAt! })))
      .sort((x, y) => (x.at < y.at ? -1 : 1));
    expect(started.map(({ name }) => name)).toEqual(ORDER);

    const { code } = await mergePlan(repo, { items, policy });
    expect(code).toBe(0);
    const landed = repo.git(
      'log',
      '--first-parent',
      '--reverse',
      '--format=%(trailers:key=Lex-PR-Item,valueonly,separator=)',
      'main',
    );
    expect(landed.split('\n').filter(Boolean)).toEqual(ORDER);
  });

  it('are shown by merge-order, whose cache knows them', async () => {
    const repo = branches();
    const orderOf = async (fields: PlanDocument) => {
      const { stdout } = await runCli(['merge-order', writePlan(repo, fields), '--json'], { cwd: repo.path });
      return JSON.parse(stdout);
    };
    expect(await orderOf({ items })).toMatchObject({ order: ORDER, cached: false });
    expect(await orderOf({ items })).toMatchObject({ order: ORDER, cached: true });
    const plain = items.map(({ name, deps }) => ({ name, deps: deps ?? [] }));
    expect(await orderOf({ items: plain })).toMatchObject({
      order: ['a', 'b', 'groundwork', 'fix', 'urgent'],
      cached: false,
    });
  });
});
