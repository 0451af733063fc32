import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemsOf, runCli } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { NOTHING_ELSE, testClouds } from '../../support/test-cloud';
import { runMain } from '../run-main';
import { onCloud, writePlan } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });

describe('a plan that cannot be run on AWS', () => {
  it('is refused with all of its problems, where they are in the file, and nothing is asked of the stack', async () => {
    const { repo, cloud } = await open();
    const plan = join(repo.root, 'plan.yaml');
    const lines = [
      'schemaVersion: v1',
      'target: main',
      'repository: git@host:organisation/repository.git',
      'gates:',
      '  - {name: test, run: "true", timeoutSeconds: 900}',
      'items:',
      '  - name: a',
      '  - name: b',
      '    gates:',
      '      - {name: long, run: "true", timeoutSeconds: 3600}',
    ];
    writeFileSync(plan, lines.join('\n'));
    const found = problemsOf(await onCloud(repo, cloud, ['merge', plan, '--json']));
    expect(found.map(({ code, file, line, path }) => [code, file, line, path])).toEqual([
      ['repository-url', plan, 3, 'repository'],
      ['gate-too-long', plan, 5, 'gates[0].timeoutSeconds'],
      ['gate-too-long', plan, 10, 'items[1].gates[0].timeoutSeconds'],
    ]);
    expect(found[0]!.hint).toBe('write https://host/organisation/repository.git');
    expect(cloud.calls).toEqual([]);
  });

  it('because it is none for any engine, is refused in the same way', async () => {
    const { repo, cloud } = await open();
    const items = [{ name: 'a', deps: ['nowhere'] }, { name: 'a' }];
    const { code, stderr } = await onCloud(repo, cloud, ['run', writePlan(repo, { items }, 'bad.json')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.json:\d+:\d+ items\[0\]\.deps\[0\]: .*nowhere/);
    expect(stderr).toMatch(/bad\.json:\d+:\d+ items\[1\]\.name: /);
    expect(cloud.calls).toEqual([]);
  });

  it.each<[string, string | undefined, RegExp, RegExp]>([
    ['there is no origin', undefined, /no remote `origin`/, /`repository: https:/],
    ['origin is reached by ssh', 'git@host:us/ours.git', /by HTTPS only/, /https:\/\/host\/us\/ours\.git/],
    ['origin is a folder', '/srv/ours.git', /by HTTPS only/, /https:/],
    ['origin has a token', 'https://me:pass@host/ours', /more than a place/, /write https:\/\/host\/ours/],
  ])('because it names no repository and %s', async (_, origin, message, hint) => {
    const { repo, cloud } = await open();
    if (origin !== undefined) repo.git('remote', 'add', 'origin', origin);
    const args = ['merge', writePlan(repo, { repository: undefined }), '--json'];
    const result = await onCloud(repo, cloud, args);
    expect(problemsOf(result)).toMatchObject([
      { message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
    ]);
    expect(result.stdout).not.toContain('pass@');
    expect(cloud.calls).toEqual([]);
  });
});

describe('the stack', () => {
  it.each<[string, string[], Record<string, string>, RegExp, RegExp]>([
    ['is not named', ['--engine', 'aws'], {}, /needs a stack/, /--stack, or in LEX_PR_STACK/],
    ['is for the local engine', ['--stack', 'X'], {}, /--stack is for the aws engine/, /--engine aws/],
    ['has no name', ['--engine', 'aws', '--stack', ''], {}, /--stack/, /./],
    ['has a name that none can have', ['--engine', 'aws'], { LEX_PR_STACK: 'a b' }, /"a b"/, /cdk deploy/],
    ['is for another engine', [], { LEX_PR_ENGINE: 'azure' }, /"azure"/, /local or aws/],
  ])('that %s is refused', async (_, args, env, message, hint) => {
    for (const command of [['merge', 'p'], ['run', 'p'], ...['resume', 'cancel', 'status'].map((c) => [c])]) {
      const { code, stdout } = await runMain([...command, '--json', ...args], { env });
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({
        code: 2,
        errors: [{ message: expect.stringMatching(message), hint: expect.stringMatching(hint) }],
      });
    }
  });

  it('is needed for a key, as only there a run can be handed in twice', async () => {
    const { code, stderr } = await runMain(['merge', 'p', '--idempotency-key', 'k']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--engine aws') });
  });

  it.each([
    ['there is none of this name', 'Nowhere', 'no-stack', /AWS_REGION/],
    ['is not one of lex-pr', 'Other', 'not-a-lex-pr-stack', /docs\/deploy\.md/],
  ])('%s: it is refused', async (_, stack, code, hint) => {
    const { repo, cloud } = await open();
    for (const command of [['merge', writePlan(repo)], ['status'], ['report', 'r']]) {
      const args = [...command, '--json', '--engine', 'aws', '--stack', stack];
      expect(problemsOf(await runCli(args, { cwd: repo.path, env: cloud.env }))).toMatchObject([
        { code, message: expect.stringContaining(stack), hint: expect.stringMatching(hint) },
      ]);
    }
  });
});

describe('AWS', () => {
  it.each([
    ['credentials', 'no-credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, /aws sso login/],
    ['a region', 'no-region', { AWS_REGION: '', AWS_DEFAULT_REGION: '' }, /AWS_REGION/],
  ])('without %s is refused with what is to be done', async (_, code, env, hint) => {
    const { repo, cloud } = await open();
    const found = problemsOf(
      await onCloud(repo, cloud, ['status', '--json'], { env: { ...NOTHING_ELSE, ...env } }),
    );
    expect(found).toMatchObject([{ code, hint: expect.stringMatching(hint) }]);
  });

  it.each([
    ['are not allowed to', 'AccessDeniedException', 'access-denied', /lambda:InvokeFunction/],
    ['have run out', 'ExpiredTokenException', 'bad-credentials', /renew them/],
  ])('whose credentials %s is refused', async (_, thrown, code, hint) => {
    const { repo, cloud } = await open();
    cloud.script.fail = () => ({ status: 403, code: thrown, message: 'you are nobody' });
    expect(problemsOf(await onCloud(repo, cloud, ['merge', writePlan(repo), '--json']))).toMatchObject([
      { code, message: expect.stringContaining('you are nobody'), hint: expect.stringMatching(hint) },
    ]);
  });

  it('whose control function fails is a fault, with where to look', async () => {
    const { repo, cloud } = await open();
    cloud.script.fail = () => ({ thrown: 'no table' });
    const { code, stderr } = await onCloud(repo, cloud, ['status']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/control function failed: no table\n.*log group of test-control/);
  });
});

it('more gates at once than any engine has are refused', async () => {
  for (const command of ['merge', 'run'])
    expect(await runMain([command, 'p', '--max-workers', '10001', '--engine', 'aws'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('from 1 to 10000'),
    });
});
