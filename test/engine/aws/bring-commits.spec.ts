import { type Called, carryLane, newToken, type Stack, testStacks } from './stack';

const newStack = testStacks();

/** Each call to functions that have just started, without clones, as when Lambda replaces them. */
const cold =
  ({ functions }: Stack) =>
  <T>(call: (functions: Called) => Promise<T>) =>
    call(functions());

/** What no branch names any more is gone, as hosts clean up after some time. */
function cleanUp({ repo }: Stack): void {
  repo.git('reflog', 'expire', '--expire=now', '--all');
  repo.git('gc', '-q', '--prune=now');
}

/** Carries a run to its end, with what happens once it is prepared. */
async function carried(stack: Stack, run: string, meanwhile: () => void): Promise<string[]> {
  const call = cold(stack);
  await call(({ queue }) => queue({ run, generation: 1, token: newToken() }));
  await call(({ prepare }) => prepare({ run, generation: 1 }));
  meanwhile();
  await carryLane(stack, run, 1, 0, call);
  await call(({ report }) => report({ run, generation: 1 }));
  return stack
    .report(run)
    .items.map(({ name, status, reason }) => `${name} ${status} ${reason ?? ''}`.trim());
}

const policy = { maxWorkers: 1 };

describe('what the repository has lost since the run began', () => {
  it('fails the item whose branch it was, and the rest goes on', async () => {
    const stack = await newStack((repo) => repo.branches([{ name: 'a' }, { name: 'b' }]));
    const run = await stack.submit({ items: [{ name: 'a' }, { name: 'b' }], policy });
    const items = await carried(stack, run, () => {
      stack.repo.git('branch', '-D', 'a');
      cleanUp(stack);
    });
    expect(items).toEqual([expect.stringMatching(/^a failed head-moved/), 'b merged']);
    expect(stack.repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'b']);
  });

  it('is no fault where it is the head of an item that adds nothing', async () => {
    const stack = await newStack((repo) => {
      repo.branches([{ name: 'a' }, { name: 'c' }]);
      // Another commit, the same files.
      repo.branch('b', { a: 'a\n' }, 'a', 'nothing new');
    });
    const items = [{ name: 'a' }, { name: 'c' }, { name: 'b', deps: ['a'] }];
    const run = await stack.submit({ items, policy });
    const told = await carried(stack, run, () => {
      stack.repo.git('branch', '-D', 'b');
      cleanUp(stack);
    });
    expect(told).toEqual(['a merged', expect.stringMatching(/^b failed head-moved/), 'c merged']);
  });

  it('makes it weave anew where it is what the target named', async () => {
    const stack = await newStack((repo) => {
      repo.branches([{ name: 'a' }]);
      repo.commit({ z: 'z' });
    });
    const run = await stack.submit({ items: [{ name: 'a' }], policy });
    const items = await carried(stack, run, () => {
      stack.repo.git('reset', '-q', '--hard', 'HEAD~1');
      cleanUp(stack);
    });
    expect(items).toEqual(['a merged']);
    expect(stack.repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'a']);
  });

  it('makes it weave anew once more where it is what the target named in between', async () => {
    const stack = await newStack((repo) => repo.branches([{ name: 'a' }]));
    const base = stack.repo.git('rev-parse', 'main');
    const run = await stack.submit({ items: [{ name: 'a' }], policy });
    const call = cold(stack);
    let moves = 0;
    // Between a landing that finds the target elsewhere, and the weaving there.
    const moving = async <T>(make: (functions: Called) => Promise<T>): Promise<T> => {
      const phase = (await stack.state(run)).phase;
      const { round } = (await stack.state(run)).weave;
      if (phase === 'land' && moves === 0) {
        moves = 1;
        stack.repo.commit({ first: 'x\n' });
      } else if (round === 2 && moves === 1) {
        moves = 2;
        stack.repo.git('reset', '-q', '--hard', base);
        stack.repo.commit({ second: 'x\n' });
        cleanUp(stack);
      }
      return call(make);
    };
    await call(({ queue }) => queue({ run, generation: 1, token: newToken() }));
    await call(({ prepare }) => prepare({ run, generation: 1 }));
    await carryLane(stack, run, 1, 0, moving);
    await call(({ report }) => report({ run, generation: 1 }));
    expect(moves).toBe(2);
    expect(stack.report(run)).toMatchObject({ status: 'merged' });
    expect((await stack.state(run)).weave.round).toBe(3);
    expect(stack.repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'a', 'second']);
  });
});
