import { mergePlan, runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

it('how long a run takes is predicted from runs before it, also of branches that are new', async () => {
  const repo = create();
  repo.branches([{ name: 'a' }, { name: 'b' }, { name: 'later' }]);
  const gates = [{ name: 'test', run: 'sleep 0.2', cache: 'off' }];
  const plan = (...names: string[]) => ({ items: names.map((name) => ({ name })), gates });
  const predicted = async (...names: string[]) => {
    const path = writePlan(repo, plan(...names));
    const { stdout } = await runCli(['merge-order', path, '--predict', '--max-workers', '1', '--json'], {
      cwd: repo.path,
    });
    return JSON.parse(stdout).prediction;
  };
  expect(await predicted('a', 'b')).toMatchObject({ makespanSeconds: null });

  const first = await mergePlan(repo, plan('a', 'b'), []);
  expect(first.report.predictedSeconds).toBeNull();
  // Two gates and verification, on one lane.
  const { makespanSeconds, withoutHistory } = await predicted('a', 'b');
  expect(makespanSeconds).toBeGreaterThanOrEqual(0.6);
  expect(withoutHistory).toEqual([]);

  const second = await mergePlan(repo, plan('later'), []);
  expect(second.report.predictedSeconds).toBeGreaterThanOrEqual(0.2);
});
