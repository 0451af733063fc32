import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliOptions, type CliResult, runCli, startCli } from '../../support/cli';
import type { TestRepository } from '../../support/repository';
import { STACK, type TestCloud } from '../../support/test-cloud';

export const REPOSITORY = 'https://host/organisation/repository.git';
export const ON_AWS = ['--engine', 'aws', '--stack', STACK];
export const RUN_ID = /\d{8}-\d{6}-[0-9a-f]{4}-[0-9a-f]{8}/;

/** Writes a plan with a URL beside a repository, unless the fields say otherwise: two items, the second needs the first. */
export function writePlan(repo: TestRepository, fields: object = {}, name = 'plan.json'): string {
  const path = join(repo.root, name);
  const gates = [{ name: 'test', run: 'true' }];
  const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }];
  const plan = { schemaVersion: 'v1', repository: REPOSITORY, target: 'main', gates, items, ...fields };
  writeFileSync(path, JSON.stringify(plan, null, 2));
  return path;
}

type Where = Partial<Pick<CliOptions, 'env' | 'input' | 'cwd'>>;

/** A command of the command line in a repository, on a cloud. */
export const onCloud = (repo: TestRepository, cloud: TestCloud, args: readonly string[], more: Where = {}) =>
  runCli([...args, ...ON_AWS], { cwd: repo.path, ...more, env: { ...cloud.env, ...more.env } });

/** The same as a process to talk to. */
export function startOnCloud(repo: TestRepository, cloud: TestCloud, args: readonly string[]): Talking {
  const started = startCli([...args, ...ON_AWS], { cwd: repo.path, env: cloud.env });
  let all = '';
  return {
    ...started,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const listen = (chunk = '') => {
          all += chunk;
          const found = pattern.exec(all);
          if (found !== null) resolve(found[0]);
        };
        started.child.stderr!.on('data', listen);
        started.ended.then((result) => reject(new Error(`it ended without: ${JSON.stringify(result)}`)));
        listen();
      }),
  };
}

interface Talking extends ReturnType<typeof startCli> {
  /** Resolves with what matches as soon as it stands on standard error. */
  said(pattern: RegExp): Promise<string>;
}

/** Hands a run in, and leaves it to itself. @returns its id */
export async function submit(cloud: TestCloud, fields: object = {}, request: object = {}): Promise<string> {
  const place = await cloud.ask({ action: 'upload' });
  const { run, plan, url } = (place as { value: { run: string; plan: string; url: string } }).value;
  const document = {
    schemaVersion: 'v1',
    repository: REPOSITORY,
    target: 'main',
    gates: [{ name: 'test', run: 'true' }],
    items: [{ name: 'a' }],
    ...fields,
  };
  await fetch(url, { method: 'PUT', body: JSON.stringify(document) });
  await cloud.ask({ action: 'submit', run, plan, request });
  return run;
}

/** What a command has printed as JSON, with its exit code. */
export const jsonOf = ({ code, stdout }: CliResult) => ({ code, ...JSON.parse(stdout) });

/** The id of the run that a command has told of on standard error. */
export const runOf = ({ stderr }: CliResult): string => RUN_ID.exec(stderr)![0];
