import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { FUNCTION_NAMES, FUNCTIONS } from '../../lib/infra/function-table';
import { DOCKERFILE, type FunctionOptions, IMAGES, testFunctions } from '../support/runtime-api';

const start = testFunctions();

const images = FUNCTION_NAMES.filter((name) => FUNCTIONS[name].git);

/** What the template gives the functions that need something, and what of it they cannot be without. */
const common = { RUN_TABLE: 'runs', RETENTION_DAYS: '30', BUCKET: 'bucket', MAX_WORKERS: '50' };
const access = {
  SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:token',
  REPOSITORY_SCOPE: 'https://example.com/',
};
const variables = {
  merge: { ...common, ...access },
  prepare: { ...common, ...access, CACHE_TABLE: 'cache', TOOLCHAIN: 'tools' },
};
const required = {
  merge: ['RUN_TABLE', 'RETENTION_DAYS', 'BUCKET'],
  prepare: ['RUN_TABLE', 'RETENTION_DAYS', 'BUCKET', 'CACHE_TABLE', 'MAX_WORKERS'],
};
type Name = keyof typeof variables;
const names = Object.keys(variables) as Name[];
const calls: Readonly<Record<Name, object>> = {
  merge: { run: 'r1', generation: 1, lane: 0, turn: 1 },
  prepare: { run: 'r1', generation: 1 },
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** All of AWS, which answers every request with this. */
async function aws(status: number, body: object): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.headers['x-amz-target']} ${await text(request)}`);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const startOn = (name: Name, url: string, options: FunctionOptions = {}) =>
  start(name, { ...options, variables: { ...variables[name], AWS_ENDPOINT_URL: url } });

describe.each(names)('the image of %s', (name) => {
  it('starts with what the template gives it and no access to repositories, and reaches for nothing', async () => {
    const { url, requests } = await aws(200, {});
    await startOn(name, url);
    const { SECRET_ARN, REPOSITORY_SCOPE, ...others } = variables[name];
    await start(name, { variables: { ...others, AWS_ENDPOINT_URL: url }, programs: [] });
    expect(requests).toEqual([]);
  });

  it.each(required[name])('does not start without %s, and says so', async (variable) => {
    const given = Object.entries(variables[name]).filter(([key]) => key !== variable);
    await expect(start(name, { variables: Object.fromEntries(given) })).rejects.toMatchObject({
      when: 'init',
      errorType: 'Error',
      message: expect.stringMatching(`^environment variables of the function: ${variable}: .`),
    });
  });

  it('does not start where it cannot write files, and says so', async () => {
    const TMPDIR = join(IMAGES, 'Dockerfile');
    await expect(start(name, { variables: { ...variables[name], TMPDIR } })).rejects.toMatchObject({
      when: 'init',
      message: expect.stringContaining('ENOTDIR'),
    });
  });

  it('answers a call that is none with an error that says so, and asks nobody', async () => {
    const { url, requests } = await aws(200, {});
    const { invoke } = await startOn(name, url);
    for (const event of [{}, { ...calls[name], run: '../x' }])
      await expect(invoke(event)).rejects.toMatchObject({ when: 'invocation', errorType: 'ZodError' });
    expect(requests).toEqual([]);
  });

  it('answers with an error where there is no such run, and goes on', async () => {
    const { url, requests } = await aws(200, {});
    const { invoke } = await startOn(name, url);
    for (let call = 0; call < 2; call += 1)
      await expect(invoke(calls[name])).rejects.toMatchObject({
        when: 'invocation',
        message: expect.stringContaining('r1'),
      });
    expect(requests.every((target) => target.startsWith('DynamoDB_20120810.'))).toBe(true);
  });

  it('logs a fault as a line of JSON that says which call of which run it was', async () => {
    const { url } = await aws(200, {});
    const { invoke, log } = await startOn(name, url);
    await expect(invoke(calls[name])).rejects.toThrow();
    await expect(invoke({})).rejects.toThrow();
    const [fault, unread] = log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const common = { level: 'error', event: 'fault', function: name };
    const stack = expect.stringContaining('    at ');
    const requestId = '00000000-0000-4000-8000-000000000000';
    expect(fault).toMatchObject({ ...common, requestId, run: 'r1', generation: 1, error: { stack } });
    expect(unread).toMatchObject({ ...common, error: { name: 'ZodError' } });
    expect(unread.requestId).not.toBe(requestId);
  });

  it.each([
    ['refuses', 400, 'ResourceNotFoundException', 1],
    ['fails again and again', 500, 'InternalServerError', 5],
  ])('answers with an error where DynamoDB %s', async (_, status, code, attempts) => {
    const { url, requests } = await aws(status, { __type: `com.amazonaws.dynamodb.v20120810#${code}` });
    const { invoke } = await startOn(name, url);
    await expect(invoke(calls[name])).rejects.toMatchObject({ when: 'invocation', errorType: code });
    // Others may be under way beside the one that came to this first.
    const times = requests.map((one) => requests.filter((other) => other === one).length);
    expect(Math.max(...times)).toBe(attempts);
  });

  it('answers with an error where there is no network', async () => {
    const { url } = await aws(200, {});
    closing.pop()!();
    const { invoke } = await startOn(name, url);
    await expect(invoke(calls[name])).rejects.toMatchObject({
      when: 'invocation',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('the Dockerfile', () => {
  it('is the one beside the bundles that images are made from', () => {
    expect(readFileSync(join(__dirname, '../../lib/infra/docker/Dockerfile'), 'utf8')).toBe(DOCKERFILE);
  });

  it('copies the bundle to where Lambda looks for the handler that it names', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of Docker.
    expect(DOCKERFILE).toContain('\nARG FUNCTION\nCOPY ${FUNCTION}/ ${LAMBDA_TASK_ROOT}/\n');
    expect(DOCKERFILE).toMatch(/\nCMD \["index\.handler"\]\n$/);
    for (const name of images) expect(existsSync(join(IMAGES, name, 'index.mjs'))).toBe(true);
  });

  it('has the Node.js that the tests run on', () => {
    const [, major] = /^FROM public\.ecr\.aws\/lambda\/nodejs:(\d+)$/m.exec(DOCKERFILE)!;
    const { devDependencies } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
    expect(devDependencies.node.split('.')[0]).toBe(major);
  });

  it.each(images)('installs every program that %s starts', (name) => {
    const packages: Readonly<Record<string, string | undefined>> = {
      git: 'git-core',
      mkfifo: 'coreutils',
      stdbuf: 'coreutils',
      ps: 'procps-ng',
    };
    const installed = [...DOCKERFILE.matchAll(/dnf install -y (.+?)(?: \\|;)/g)].flatMap(([, line]) =>
      line!.split(' '),
    );
    const programs = programsOf(name);
    expect(programs).toContain('git');
    // What the base has at this place.
    const others = programs.filter((program) => program !== '/bin/sh');
    expect(installed).toEqual(expect.arrayContaining(others.map((program) => packages[program])));
  });
});

/** What the sources of a bundle start, by its name in them. */
function programsOf(name: string): string[] {
  const map = join(IMAGES, name, 'index.mjs.map');
  const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] };
  const ours = sources
    .map((path) => join(dirname(map), path))
    .filter((path) => !path.includes('node_modules'));
  expect(ours.length).toBeGreaterThan(10);
  const found = ours.flatMap((path) => {
    const source = readFileSync(path, 'utf8');
    if (!source.includes("'node:child_process'")) return [];
    const started = [
      ...source.matchAll(/(?<![.\w])(?:spawn|exec|execFile|fork)(?:Sync)?\)?\(\s*(?:'([^']+)')?/g),
    ];
    expect(started.length).toBeGreaterThan(0);
    // A name that is no literal could be anything.
    return started.map(([call, program]) => program ?? `${path}: ${call}`);
  });
  return [...new Set(found)];
}
