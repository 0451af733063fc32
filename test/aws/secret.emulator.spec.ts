import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CreateSecretCommand, DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import { secretsManager } from '../../lib/aws/secrets-manager';
import { InputError } from '../../lib/errors';
import type { PlanDocument } from '../support/cli';
import { type GitServer, serveRepository } from '../support/git-http-server';
import { TestRepository } from '../support/repository';
import { deployOwn, followUntil, outcomeOf, reportFile, reportOf, submit } from './cloud';

jest.setTimeout(300_000);
const TOKEN = 'ghp_s3cret+of/this=stack';

let repo: TestRepository;
let server: GitServer;
let arn: string;

/** Bare repositories behind a token, `team/ours.git` and `theirs.git`, and a stack whose secret is for `team/`. */
beforeAll(async () => {
  repo = TestRepository.create();
  repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }, { name: 'c' }, { name: 'd' }]);
  for (const name of ['team/ours.git', 'theirs.git'])
    execFileSync('git', ['clone', '-q', '--bare', repo.path, join(repo.root, name)]);
  server = await serveRepository(join(repo.root, 'theirs.git'), TOKEN);
  const SecretString = JSON.stringify({ username: 'lex-pr', token: TOKEN });
  const secret = { Name: `repositories-${process.pid}`, SecretString };
  arn = (await secretsManager().send(new CreateSecretCommand(secret))).ARN!;
  const context = {
    stack: 'LexPrSecret',
    functions: 'zip',
    repositorySecretArn: arn,
    repositories: `${new URL(server.url).origin}/team/`,
  };
  await deployOwn(context);
});

afterAll(async () => {
  await secretsManager().send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
  await server.close();
  repo.remove();
});

const urlOf = (path: string) => `${new URL(server.url).origin}/${path}`;
const ours = (...args: string[]) =>
  execFileSync('git', ['-C', join(repo.root, 'team/ours.git'), ...args], { encoding: 'utf8' }).trim();
const host = (path: string) => ({ repo, server: { ...server, url: urlOf(path) } });

it('a plan for a repository behind a token lands', async () => {
  const plan: PlanDocument = {
    items: [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c' }],
    policy: { maxWorkers: 2 },
  };
  const report = await reportOf(await submit(host('team/ours.git'), plan), plan);
  expect(outcomeOf(report)).toEqual({ a: 'merged', b: 'merged', c: 'merged' });
  expect(ours('rev-parse', 'main')).toBe(report.integration?.commit);
  expect(ours('ls-tree', '--name-only', 'main').split('\n').sort()).toEqual(['README', 'a', 'b', 'c']);
});

it('a gate cannot read the secret, nor push, nor start anything, with all that it can see', async () => {
  const url = urlOf('team/ours.git');
  // What the SDK would do with the environment of the gate: without an endpoint and without keys, nothing.
  const ask = `
    const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID } = process.env;
    const call = (target, body) => AWS_ENDPOINT_URL && AWS_ACCESS_KEY_ID
      ? fetch(AWS_ENDPOINT_URL, { method: 'POST', headers: { 'x-amz-target': target }, body: JSON.stringify(body) }).then((r) => r.text())
      : 'nothing to ask with';
    console.log('secret:', await call('secretsmanager.GetSecretValue', { SecretId: ${JSON.stringify(arn)} }));
    console.log('runs:', await call('AWSStepFunctions.ListStateMachines', {}));`;
  const run = [
    'env',
    // Of the function that has started it, too.
    'tr "\\0" "\\n" </proc/$PPID/environ | sed "s/^/function: /"',
    `node --input-type=module -e '${ask.replaceAll("'", `'\\''`)}'`,
    `GIT_TERMINAL_PROMPT=0 git ls-remote '${url}' 2>&1 || echo 'no reading'`,
    `GIT_TERMINAL_PROMPT=0 git push '${url}' HEAD:refs/heads/evil 2>&1 || echo 'no pushing'`,
    'exit 1',
  ].join('\n');
  const plan: PlanDocument = {
    items: [{ name: 'd' }],
    gates: [{ name: 'spy', run }],
  };
  const report = await reportOf(await submit(host('team/ours.git'), plan), plan);
  const log = await reportFile(report.runId, report.items[0]!.gates[0]!.log!);
  expect(log).toContain('LEX_PR_GATE=spy');
  expect(log).toContain('function: ');
  expect(log).toContain('secret: nothing to ask with');
  expect(log).toContain('runs: nothing to ask with');
  expect(log).toMatch(/no reading[\s\S]*no pushing/);
  for (const form of [TOKEN, encodeURIComponent(TOKEN), Buffer.from(`lex-pr:${TOKEN}`).toString('base64')])
    expect(log.toLowerCase()).not.toContain(form.toLowerCase());
  expect(log).not.toMatch(/^(function: )?(SECRET_ARN|REPOSITORY_SCOPE)=/m);
  expect(log).not.toMatch(/^(AWS|LAMBDA|_X_AMZN)_?\w*=/m);
  expect(ours('for-each-ref', 'refs/heads/evil')).toBe('');
});

it('a repository outside of what the secret is for is refused', async () => {
  const before = server.requests.length;
  const run = await submit(host('theirs.git'), { items: [{ name: 'a' }] });
  const error = await followUntil(run, ({ ended }) => ended).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  const [problem] = (error as InputError).problems;
  expect(problem).toMatchObject({
    code: 'remote-refused',
    hint: `the secret ${arn} is not used here, but for ${urlOf('team/')} only`,
  });
  expect(JSON.stringify(problem)).not.toContain('s3cret');
  // It was asked, without the token.
  expect(server.requests.length).toBeGreaterThan(before);
});
