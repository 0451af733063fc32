import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { type Callback, newCallback } from '../../lib/callbacks/callback';
import { openMemoryCallbacks } from '../../lib/callbacks/memory-store';
import { receiveCallback } from '../../lib/callbacks/receive';
import { openCallbackServer } from '../../lib/callbacks/server';
import { problemsOf } from '../plan/plans';

const TEXT = readFileSync(join(__dirname, '../../docs/callbacks.md'), 'utf8');
const blocks = (language: string) =>
  [...TEXT.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!);
const [PLAN, WORKFLOW, PIPELINE, CHILD] = blocks('yaml');
const SIGNING = blocks('sh').find((text) => text.startsWith('timestamp='))!;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a script against a callback that waits for its answer. @returns how that ended */
async function answerBy(script: (callback: Callback) => string, env: (callback: Callback) => object) {
  const callbacks = openMemoryCallbacks();
  const services = { callbacks, now: Date.now, isOpen: async () => true, onAnswer: async () => {} };
  const server = await openCallbackServer(0, (id, request) => receiveCallback(services, id, request));
  const callback = newCallback('run', '0-0-1', `http://127.0.0.1:${server.port}`, Date.now(), 60);
  await callbacks.put('run', '0-0-1', callback);
  try {
    await promisify(execFile)('sh', ['-euc', script(callback)], {
      cwd: folder,
      env: { PATH: process.env.PATH!, ...env(callback) },
    });
  } finally {
    await server.close();
  }
  const { end } = (await callbacks.get('run', '0-0-1'))!;
  return end?.kind === 'answered' ? end.answer : end;
}

describe('docs/callbacks.md', () => {
  it('has a plan that loads', () => {
    expect(problemsOf(PLAN!)).toEqual([]);
  });

  it('says how an answer is signed: curl and openssl send one that counts', async () => {
    const log = 'é\n'.repeat(1_000);
    writeFileSync(join(folder, 'answer.json'), JSON.stringify({ status: 'fail', exitCode: 9, log }));
    const answer = await answerBy(
      ({ id, key, url }) => `id='${id}' key='${key}' url='${url}'\n${SIGNING}`,
      () => ({}),
    );
    expect(answer).toEqual({ status: 'fail', exitCode: 9, log });
  });

  it.each([
    ['success', 'pass'],
    ['failure', 'fail'],
    ['cancelled', 'fail'],
    ['skipped', 'fail'],
  ])('has a job of GitHub Actions that answers for a test that is %s: %s', async (RESULT, status) => {
    const { jobs, on } = parse(WORKFLOW!);
    const step = jobs.answer.steps[0];
    const LINK = 'https://github.example/acme/shop/actions/runs/1';
    const event = join(folder, 'event.json');
    const answer = await answerBy(
      () => step.run,
      ({ id, url, key }) => {
        writeFileSync(event, JSON.stringify({ inputs: { ref: 'x', id, url, key } }));
        return { RESULT, LINK, GITHUB_EVENT_PATH: event };
      },
    );
    expect(answer).toEqual({ status, url: LINK });
    expect(Object.keys(step.env)).toEqual(['RESULT', 'LINK']);
    expect(jobs.answer).toMatchObject({ needs: 'test', if: 'always()' });
    expect(jobs.test.steps[0].run).toBe('rm "$GITHUB_EVENT_PATH"');
    const given = [
      ...blocks('sh')
        .join('')
        .matchAll(/ -f (\w+)=/g),
    ]
      .map(([, name]) => name)
      .sort();
    expect(Object.keys(on.workflow_dispatch.inputs).sort()).toEqual(given);
  });

  it.each([
    ['lex-pr passed', 'pass', 'on_success'],
    ['lex-pr failed', 'fail', 'on_failure'],
  ])('has a job of GitLab CI, %s, that answers %s', async (name, status, when) => {
    const pipeline = parse(PIPELINE!);
    const job = pipeline[name];
    const script: string[] = pipeline[job.extends].script;
    const CI_PIPELINE_URL = 'https://gitlab.example/acme/shop/-/pipelines/1';
    const answer = await answerBy(
      // Its image brings the tools.
      () => script.filter((line) => !line.startsWith('apk add')).join('\n'),
      ({ id, url, key }) => ({
        ...{ ...job.variables, CI_PIPELINE_URL },
        ...{ CALLBACK_ID: id, CALLBACK_URL: url, CALLBACK_KEY: key },
      }),
    );
    expect(answer).toEqual({ status, url: CI_PIPELINE_URL });
    expect(job.rules).toEqual([{ if: '$CALLBACK_ID', when }]);
    expect(pipeline['lex-pr test'].trigger.include).toBe('.gitlab/lex-pr-test.yml');
    expect(parse(CHILD!).test.script[0]).toContain('$TESTED');
  });

  it.each(blocks('sh'))('has a script that a shell reads:\n%s', async (text) => {
    await promisify(execFile)('sh', ['-n', '-c', text]);
  });
});
