import { userInfo } from 'node:os';
import { problemsOf } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { testClouds } from '../../support/test-cloud';
import { jsonOf, onCloud, REPOSITORY, submit } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });
const BY = `by ${userInfo().username}`;
/** As lines of targets have it. */
const PLACE = { target: 'main', repository: REPOSITORY.replace('.git', '') };

describe('pause and unpause --engine aws', () => {
  it('hold every target of the stack, and let go of it', async () => {
    const { repo, cloud } = await open();
    const { code, stdout } = await onCloud(repo, cloud, ['pause', '--reason', 'the\n release']);
    expect([code, stdout]).toEqual([0, 'every target of the stack is paused: gates run, nothing lands\n']);
    const listed = (await onCloud(repo, cloud, ['queue'])).stdout;
    const line = new RegExp(
      `^no run goes on, none waits\npaused: every target, ${BY}: the release, since \\d{4}-.*Z\n$`,
    );
    expect(listed).toMatch(line);
    const ended = await onCloud(repo, cloud, ['unpause', '--json']);
    const every = { target: null, repository: null, status: 'unpaused', landing: [] };
    expect(jsonOf(ended)).toEqual({ code: 0, ...every });
    expect(await cloud.stores.pauses.read()).toEqual([]);
  });

  it('take the repository from the remote of the folder, or the one that is named', async () => {
    const { repo, cloud } = await open();
    repo.git('remote', 'add', 'origin', REPOSITORY);
    const paused = await onCloud(repo, cloud, ['pause', '--target', 'main', '--reason', 'wait', '--json']);
    expect(jsonOf(paused)).toEqual({ code: 0, ...PLACE, status: 'paused', landing: [] });
    const { pauses } = jsonOf(await onCloud(repo, cloud, ['queue', '--json']));
    expect(pauses).toEqual([{ ...PLACE, why: `${BY}: wait`, since: expect.stringMatching(/Z$/) }]);
    const named = ['unpause', '--target', 'main', '--repository', REPOSITORY];
    expect((await onCloud(repo, cloud, named)).stdout).toBe(
      `main of ${PLACE.repository} is no longer paused\n`,
    );
  });

  it('tell a run that goes on, whose status says so', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('a');
    const run = await submit(cloud, { target: 'main' }, { execute: true });
    await reached;
    await onCloud(repo, cloud, ['pause', '--reason', 'wait']);
    const { stdout } = await onCloud(repo, cloud, ['status', run]);
    expect(stdout).toContain(`paused    nothing lands: ${BY}: wait`);
    await onCloud(repo, cloud, ['unpause']);
    letGo();
    await cloud.settled();
  });

  it('are refused where it is not clear what is meant, and where there is nothing to do', async () => {
    const { repo, cloud } = await open();
    const refused = async (...args: string[]) =>
      problemsOf(await onCloud(repo, cloud, [...args, '--json'])).map(({ code }) => code);
    expect(await refused('unpause')).toEqual(['not-paused']);
    expect(await refused('unpause', '--target', 'main')).toEqual(['no-repository']);
    expect(await refused('unpause', '--repository', REPOSITORY)).toEqual(['usage']);
    const somewhere = ['--target', 'main', '--repository', 'ssh://host/r'];
    expect(await refused('unpause', ...somewhere)).toEqual(['repository-url']);
    expect((await onCloud(repo, cloud, ['pause', '--reason', 'one'])).code).toBe(0);
    expect(await refused('pause', '--reason', 'two')).toEqual(['paused']);
  });
});
