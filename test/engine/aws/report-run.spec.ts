import { blobKeys } from '../../../lib/engine/aws/blobs';
import { durationKey } from '../../../lib/engine/durations';
import type { Report } from '../../../lib/report/report';
import type { TestRepository } from '../../support/repository';
import { atOnce, carry, carryLane, failOnce, newToken, once, type Stack, testStacks, twice } from './stack';

const newStack = testStacks();
const apart = (repo: TestRepository) => repo.branches([{ name: 'a' }, { name: 'b' }]);
const plan = {
  items: [{ name: 'a' }, { name: 'b', gates: [{ name: 'test', run: 'echo said; exit 1' }] }],
  policy: { maxWorkers: 1 },
};
const ways = [
  ['once', once],
  ['twice', twice],
  ['twice at once', atOnce],
] as const;

/** A run whose lanes are done, first in its line, and another one that waits. */
async function finished(): Promise<{ stack: Stack; run: string; waiting: string; token: string }> {
  const stack = await newStack(apart);
  const run = await stack.submit(plan);
  const waiting = await stack.submit(plan);
  const functions = stack.functions();
  const token = newToken();
  await functions.queue({ run, generation: 1, token: newToken() });
  await functions.queue({ run: waiting, generation: 1, token });
  await functions.prepare({ run, generation: 1 });
  await carryLane(stack, run, 1, 0, once(stack));
  return { stack, run, waiting, token };
}

const FILES = ['report.json', 'report.md', 'metrics.prom'];
const filesOf = ({ blobs }: Stack, run: string) =>
  Object.fromEntries(FILES.map((name) => [name, blobs.files.get(blobKeys.file(run, name))?.toString()]));
const line = async ({ stores, server }: Stack) =>
  (await stores.queue.list(JSON.stringify([server.url, 'main']))).map(({ run }) => run);
const ends = ({ samples }: Stack) => samples.filter(({ name }) => name === 'lex_pr_run_seconds');

describe('the report of a run', () => {
  it.each(ways)('%s, teaches the next run how long gates take, once', async (_, how) => {
    const { stack, run, waiting } = await finished();
    await how(stack)(({ report }) => report({ run, generation: 1 }));
    await stack.functions().report({ run, generation: 1 });
    expect(stack.report(run).predictedSeconds).toBeNull();
    const kept = await stack.cache.get('duration/2', durationKey('test', 'a'));
    expect(JSON.parse(kept!.json)).toHaveLength(1);
    await carry(stack, waiting, once(stack));
    expect(stack.report(waiting).predictedSeconds).toBeGreaterThan(0);
  });

  it.each(ways)(
    'is written %s: the same files, its end counted once, the next run let in',
    async (_, how) => {
      const { stack, run, waiting, token } = await finished();
      const call = { run, generation: 1 };
      await how(stack)(({ report }) => report(call));
      const files = filesOf(stack, run);
      const report: Report = JSON.parse(files['report.json']!);
      expect(report).toMatchObject({ runId: run, engine: 'aws', status: 'partial' });
      expect(files['report.md']).toContain('said');
      expect(files['metrics.prom']).toContain('lex_pr_merge_success_total 1');
      expect(ends(stack)).toHaveLength(1);
      expect((await stack.stores.index.get(run))!.endedAt).toBe(Date.parse(report.endedAt));
      expect(await line(stack)).toEqual([waiting]);
      expect(await stack.answerTo(token)).toEqual({});
      // And again, much later.
      stack.blobs.files.delete(blobKeys.file(run, 'report.md'));
      await stack.functions().report(call);
      expect(ends(stack)).toHaveLength(1);
      expect(filesOf(stack, run)['report.md']).toBeUndefined();
    },
  );

  it.each([
    ['before', 'finish'],
    ['after', 'finish'],
  ] as const)('is the same where its function died %s %s', async (when, method) => {
    const { stack, run, waiting } = await finished();
    failOnce(stack.stores.store, method, when);
    await expect(stack.functions().report({ run, generation: 1 })).rejects.toThrow('died');
    const files = filesOf(stack, run);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await stack.functions().report({ run, generation: 1 });
    expect(filesOf(stack, run)).toEqual(files);
    expect(await line(stack)).toEqual([waiting]);
    // Rather not at all than twice.
    expect(ends(stack)).toHaveLength(when === 'before' ? 1 : 0);
  });

  it('lets the next run in where it died between the two', async () => {
    const { stack, run, waiting, token } = await finished();
    failOnce(stack.stores.queue, 'leave', 'before');
    await expect(stack.functions().report({ run, generation: 1 })).rejects.toThrow('died');
    expect(await line(stack)).toEqual([run, waiting]);
    await stack.functions().report({ run, generation: 1 });
    expect(await line(stack)).toEqual([waiting]);
    expect(await stack.answerTo(token)).toEqual({});
  });

  it('is not written before the run is at its end', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit(plan);
    await stack.functions().prepare({ run, generation: 1 });
    await expect(stack.functions().report({ run, generation: 1 })).rejects.toThrow('before it was done');
    expect(filesOf(stack, run)['report.json']).toBeUndefined();
    expect((await stack.stores.index.get(run))!.endedAt).toBeUndefined();
  });

  it('is not written by an execution that was overtaken', async () => {
    const { stack, run, waiting } = await finished();
    await stack.stores.index.advance(run, 1, true);
    await stack.functions().report({ run, generation: 1 });
    expect(filesOf(stack, run)['report.json']).toBeUndefined();
    expect(await line(stack)).toEqual([run, waiting]);
    await stack.functions().report({ run, generation: 2 });
    expect(await line(stack)).toEqual([waiting]);
  });

  it('is none for a run that was refused, whose place in the line the next one takes', async () => {
    const stack = await newStack(apart);
    const run = await stack.submit({ items: [{ name: 'nowhere' }] });
    const next = await stack.submit(plan);
    const token = newToken();
    await stack.functions().queue({ run, generation: 1, token: newToken() });
    await stack.functions().queue({ run: next, generation: 1, token });
    await stack.functions().prepare({ run, generation: 1 });
    await atOnce(stack)(({ report }) => report({ run, generation: 1 }));
    expect(filesOf(stack, run)['report.json']).toBeUndefined();
    expect(await stack.answerTo(token)).toEqual({});
    await carry(stack, next, once(stack));
    expect(stack.report(next).status).toBe('partial');
  });
});
