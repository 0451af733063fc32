import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { stepFunctions } from '../../lib/aws/step-functions';
import { InputError } from '../../lib/errors';
import type { TestRepository } from '../support/repository';
import {
  control,
  followUntil,
  hostedRepositories,
  landed,
  outcomeOf,
  reportOf,
  stack,
  submit,
} from './cloud';

const hosted = hostedRepositories();
const chain = (names: readonly string[]) =>
  names.map((name, k) => ({ name, deps: k === 0 ? [] : [names[k - 1]!] }));
const stacked = (names: readonly string[]) => (repo: TestRepository) =>
  repo.branches(names.map((name, k) => (k === 0 ? { name } : { name, from: names[k - 1]! })));
const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: unknown) => (error instanceof InputError ? error.problems[0]?.code : error),
  );
const hasStarted = (_: unknown, events: readonly { event: string }[]) =>
  events.some(({ event }) => event === 'start');

describe('a run on AWS', () => {
  it('is refused with every problem of its plan before it starts', async () => {
    const host = await hosted();
    const plan = {
      items: [{ name: 'a', deps: ['nowhere'] }],
      gates: [{ name: 'g', run: 'true', timeoutSeconds: 900 }],
    };
    await expect(submit(host, { ...plan, items: [{ name: 'a' }] })).rejects.toThrow('at most 840 s');
    await expect(submit(host, plan)).rejects.toThrow('nowhere');
    await expect(submit(host, { items: [{ name: 'a' }], repository: '/srv/r' })).rejects.toThrow(InputError);
  });

  it('is refused when a branch is not there, and leaves its target to the next', async () => {
    const host = await hosted((repo) => repo.branches([{ name: 'a' }]));
    const run = await submit(host, { items: [{ name: 'ab' }] });
    await expect(followUntil(run, ({ ended }) => ended)).rejects.toThrow('"ab"');
    const plan = { items: [{ name: 'a' }] };
    expect((await reportOf(await submit(host, plan), plan)).status).toBe('merged');
  });

  it('is one run for all who submit it with one key at once', async () => {
    const host = await hosted((repo) => repo.branches([{ name: 'a' }]));
    const plan = { items: [{ name: 'a' }] };
    const idempotencyKey = `key ${host.server.url}`;
    const runs = await Promise.all(Array.from({ length: 5 }, () => submit(host, plan, { idempotencyKey })));
    expect(new Set(runs).size).toBe(1);
    expect((await reportOf(runs[0]!, plan)).status).toBe('merged');
    expect(landed(host.repo, 'main~1')).toEqual(['a']);
  });

  it('waits for another one on its target, and is woven on what that has landed', async () => {
    const host = await hosted((repo) => repo.branches([{ name: 'a' }, { name: 'b' }, { name: 'c' }]));
    const plans = ['a', 'b', 'c'].map((name) => ({
      items: [{ name }],
      gates: [{ name: 'test', run: 'sleep 0.5' }],
    }));
    const runs = await Promise.all(plans.map((plan) => submit(host, plan)));
    const reports = await Promise.all(runs.map((run, k) => reportOf(run, plans[k]!)));
    const inOrder = reports.sort((x, y) => (x.endedAt < y.endedAt ? -1 : 1));
    inOrder.reduce((before, next) => {
      expect(next.target.before).toBe(before.target.after);
      return next;
    });
    expect(landed(host.repo, 'main~3')).toHaveLength(3);
  });

  it('goes on in further executions of a lane when its history is full', async () => {
    const names = Array.from({ length: 60 }, (_, k) => `b${String(k).padStart(2, '0')}`);
    const host = await hosted((repo) => repo.branches(names.map((name) => ({ name }))));
    const plan = { items: names.map((name) => ({ name })), policy: { maxWorkers: 1 } };
    const report = await reportOf(await submit(host, plan), plan);
    expect(report.status).toBe('merged');
    expect(landed(host.repo, 'main~60')).toEqual(names);
  });

  it('has more than forty lanes', async () => {
    const names = Array.from({ length: 42 }, (_, k) => `b${k}`);
    const host = await hosted((repo) => repo.branches(names.map((name) => ({ name }))));
    const meeting = join(host.repo.root, 'meeting');
    mkdirSync(meeting);
    // No gate ends before all lanes have one.
    const run = `touch '${meeting}'/$LEX_PR_TREE; until [ $(ls '${meeting}' | wc -l) -ge ${names.length} ]; do sleep 0.5; done`;
    const gates = [{ name: 'test', run }];
    const plan = { items: names.map((name) => ({ name })), gates, policy: { maxWorkers: 42 } };
    const report = await reportOf(await submit(host, plan), plan);
    expect(report).toMatchObject({ status: 'merged', maxWorkers: 42 });
    expect(new Set(report.items.map(({ gates: [gate] }) => gate!.lane)).size).toBe(names.length);
  });

  it('lands nothing after it was cancelled', async () => {
    const host = await hosted(stacked(['a', 'b']));
    const before = host.repo.git('rev-parse', 'main');
    const plan = { items: chain(['a', 'b']), gates: [{ name: 'slow', run: 'sleep 3' }] };
    const run = await submit(host, plan);
    await followUntil(run, hasStarted);
    expect(await control({ action: 'cancel', run, why: 'not today' })).toMatchObject({ result: 'cancelled' });
    const report = await reportOf(run, plan);
    expect(report.status).toBe('cancelled');
    expect(report.items.map(({ reason }) => reason)).toEqual([
      'cancelled: not today',
      'cancelled: not today',
    ]);
    expect(host.repo.git('rev-parse', 'main')).toBe(before);
    expect(await control({ action: 'cancel', run, why: 'again' })).toEqual({ run, result: 'cancelled' });
    expect(await refusal(control({ action: 'resume', run }))).toBe('run-ended');
  });

  it('can be cancelled while it waits for its target', async () => {
    const host = await hosted((repo) => repo.branches([{ name: 'a' }, { name: 'b' }]));
    const first = { items: [{ name: 'a' }], gates: [{ name: 'slow', run: 'sleep 2' }] };
    const run = await submit(host, first);
    await followUntil(run, hasStarted);
    const waiting = await submit(host, { items: [{ name: 'b' }] });
    expect(await control({ action: 'status', run: waiting })).toMatchObject({ status: 'queued' });
    expect(await control({ action: 'cancel', run: waiting, why: 'no' })).toMatchObject({
      result: 'cancelled',
    });
    expect((await reportOf(run, first)).status).toBe('merged');
    expect(landed(host.repo, 'main~1')).toEqual(['a']);
    await expect(followUntil(waiting, ({ ended }) => ended)).rejects.toThrow('no');
  });

  it('goes on by itself when its execution was stopped', async () => {
    const host = await hosted(stacked(['a', 'b', 'c']));
    const plan = { items: chain(['a', 'b', 'c']), gates: [{ name: 'test', run: 'sleep 1' }] };
    const run = await submit(host, plan);
    await followUntil(run, hasStarted);
    const executionArn = `${stack().RunMachineArn!.replace(':stateMachine:', ':execution:')}:${run}-1`;
    expect(await refusal(control({ action: 'resume', run }))).toBe('run-in-progress');
    await stepFunctions().send(new StopExecutionCommand({ executionArn, cause: 'somebody stopped it' }));
    const report = await reportOf(run, plan);
    expect(outcomeOf(report)).toEqual({ a: 'merged', b: 'merged', c: 'merged' });
    expect(landed(host.repo, 'main~3')).toEqual(['a', 'b', 'c']);
  });

  it('fails, and leaves its target to the next, when it was stopped again and again', async () => {
    const host = await hosted((repo) => repo.branches([{ name: 'a' }]));
    const plan = { items: [{ name: 'a' }], gates: [{ name: 'slow', run: 'sleep 20' }] };
    const run = await submit(host, plan);
    const machine = stack().RunMachineArn!.replace(':stateMachine:', ':execution:');
    for (let generation = 1; generation <= 4; generation += 1)
      for (let tried = 0; ; tried += 1) {
        const stop = new StopExecutionCommand({ executionArn: `${machine}:${run}-${generation}` });
        if (
          await stepFunctions()
            .send(stop)
            .then(
              () => true,
              () => false,
            )
        )
          break;
        if (tried === 100) throw new Error(`generation ${generation} never started`);
        await pause(100);
      }
    const report = await reportOf(run, plan).catch((error: unknown) => error);
    // Stopped before it was prepared it has no report, only a reason.
    if (report instanceof Error) expect(report.message).toContain('the engine failed 4 times');
    else expect(outcomeOf(report as never)).toEqual({ a: 'failed: engine-fault' });
    const next = { items: [{ name: 'a' }] };
    expect((await reportOf(await submit(host, next), next)).status).toBe('merged');
  });
});
