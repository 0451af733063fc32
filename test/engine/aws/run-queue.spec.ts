import { leaveTarget, type QueueServices, waitForTarget } from '../../../lib/engine/aws/run-queue';
import { openMemoryRunStores } from '../../../lib/run/memory-turn-store';
import { failOnce } from './stack';

const TARGET = 'main of r';

/** A line for one target, with three runs that were handed in for it. */
async function open() {
  const { index, queue } = openMemoryRunStores();
  const answered: string[] = [];
  const tokens: QueueServices['tokens'] = {
    succeed: async (token) => void answered.push(token),
    fail: async () => {},
  };
  for (const id of ['r1', 'r2', 'r3'])
    await index.submit({ id, target: TARGET, request: '{}', submittedAt: 0 });
  const services = { index, queue, tokens };
  return {
    ...services,
    /** Tokens in the order in which they were answered. */
    answered,
    wait: (run: string, token = `${run}-token`) => waitForTarget(services, { run, token }),
    leave: (run: string) => leaveTarget(services, TARGET, run),
    line: async () => (await queue.list(TARGET)).map(({ run }) => run),
  };
}

describe('the line for a target', () => {
  it('lets in the first at once, and the others one by one in the order in which they came', async () => {
    const { wait, leave, answered, line } = await open();
    for (const run of ['r1', 'r2', 'r3']) await wait(run);
    expect(answered).toEqual(['r1-token']);
    await leave('r1');
    await leave('r2');
    expect(answered).toEqual(['r1-token', 'r2-token', 'r3-token']);
    expect(await line()).toEqual(['r3']);
  });

  it('has each run once, however often and by how many it is brought in', async () => {
    const { wait, line, answered } = await open();
    await wait('r1');
    await Promise.all([wait('r2'), wait('r2'), wait('r1')]);
    await wait('r2');
    expect(await line()).toEqual(['r1', 'r2']);
    expect(new Set(answered)).toEqual(new Set(['r1-token']));
  });

  it('lets nobody pass when one leaves twice, or who was not in it', async () => {
    const { wait, leave, answered, line } = await open();
    for (const run of ['r1', 'r2', 'r3']) await wait(run);
    await leave('r1');
    await Promise.all([leave('r1'), leave('r1')]);
    await leave('r9');
    expect(await line()).toEqual(['r2', 'r3']);
    expect(new Set(answered)).toEqual(new Set(['r1-token', 'r2-token']));
  });

  it('answers the newest token of one that has asked again', async () => {
    const { wait, leave, answered } = await open();
    await wait('r1');
    await wait('r2', 'old');
    await wait('r2', 'new');
    await leave('r1');
    expect(answered).toEqual(['r1-token', 'new']);
    // Asked once more, it is in already.
    await wait('r2', 'newer');
    expect(answered).toEqual(['r1-token', 'new', 'newer']);
  });

  it('goes on where who left has died before it let the next one in', async () => {
    const { wait, leave, answered, tokens } = await open();
    await wait('r1');
    await wait('r2');
    failOnce(tokens, 'succeed', 'before');
    await expect(leave('r1')).rejects.toThrow('died');
    expect(answered).toEqual(['r1-token']);
    await leave('r1');
    expect(answered).toEqual(['r1-token', 'r2-token']);
  });

  it('does not keep a run that has ended: its call came later than its end', async () => {
    const { wait, leave, answered, line, index } = await open();
    await index.refuse('r1', '[]', 5);
    await leave('r1');
    await wait('r1');
    expect(await line()).toEqual([]);
    expect(answered).toEqual(['r1-token']);
    await wait('r2');
    expect(answered).toEqual(['r1-token', 'r2-token']);
  });

  it('lets the next one in when a run ends while it comes in', async () => {
    const { wait, leave, answered, line, index, queue } = await open();
    const { enter } = queue;
    // Between its two looks at the run, that is cancelled, and another one comes.
    queue.enter = async (...args) => {
      queue.enter = enter;
      await index.refuse('r1', '[]', 5);
      await leave('r1');
      const isFirst = await enter(...args);
      await wait('r2');
      return isFirst;
    };
    await wait('r1');
    expect(await line()).toEqual(['r2']);
    expect(new Set(answered)).toEqual(new Set(['r1-token', 'r2-token']));
  });

  it('is for runs that were handed in', async () => {
    const { wait, line } = await open();
    await expect(wait('r9')).rejects.toThrow('run r9 was not handed in');
    expect(await line()).toEqual([]);
  });

  it.each([
    ['has expired', expire],
    ['has ended, and died before it could leave', ({ index }: Line) => index.refuse('r1', '[]', 1)],
  ])('passes over one that %s as soon as somebody else comes', async (_, end) => {
    const opened = await open();
    const { wait, answered, line } = opened;
    await wait('r1');
    await wait('r2');
    await end(opened);
    await wait('r3');
    expect(await line()).toEqual(['r2', 'r3']);
    expect(answered).toEqual(['r1-token', 'r2-token']);
  });

  it('lets in who comes where nobody before is left', async () => {
    const { index, wait, answered, line } = await open();
    await wait('r1');
    await index.refuse('r1', '[]', 1);
    await wait('r2');
    expect(await line()).toEqual(['r2']);
    expect(answered).toEqual(['r1-token', 'r2-token']);
  });
});

type Line = Awaited<ReturnType<typeof open>>;

/** As the table does with rows of a certain age. */
async function expire({ index }: Line): Promise<void> {
  const { get } = index;
  index.get = async (id) => (id === 'r1' ? undefined : get(id));
}
