import { carry, once, testStacks } from './stack';

const newStack = testStacks();

const leave = (script: string) => ({
  ...{ name: 'g', artifacts: ['out'] },
  run: `'${process.execPath}' -e "const fs = require('fs'); ${script}"`,
});
const filesOf = (stack: Awaited<ReturnType<typeof newStack>>, run: string) =>
  [...stack.blobs.files.keys()].filter((key) => key.startsWith(`runs/${run}/files/artifacts/a/`)).length;

describe('a pass that is remembered', () => {
  it.each([
    ['brings every file that its gate has left', 250, 3, true],
    ['is of use only where all of its files are known: else its gate runs again', 600, 240, false],
  ])('%s', async (_, count, length, cached) => {
    const stack = await newStack((repo) => repo.branches([{ name: 'a' }]));
    const name = `String(k).padStart(${length}, '0')`;
    const many = leave(
      `fs.mkdirSync('out'); for (let k = 0; k < ${count}; k++) fs.writeFileSync('out/' + ${name}, 'x')`,
    );
    for (const again of [false, true]) {
      const run = await stack.submit({ items: [{ name: 'a', gates: [many] }] }, { execute: false });
      await carry(stack, run, once(stack));
      expect(stack.report(run).items[0]!.gates[0]!.cached).toBe(again && cached);
      expect(filesOf(stack, run)).toBe(count);
    }
  });

  it('is tested again where its files have no place under the names of another run', async () => {
    const stack = await newStack((repo) => repo.branches([{ name: 'a' }, { name: 'b' }]));
    const short = await stack.submit({ items: [{ name: 'a' }] }, { execute: false });
    const room = 1024 - Buffer.byteLength(`runs/${short}/files/artifacts/a/g/out/`);
    const segments = Math.floor((room - 1) / 241);
    const path = `['out', ...Array(${segments}).fill('z'.repeat(240)), 'z'.repeat(${room - 241 * segments})].join('/')`;
    const long = leave(
      `const p = ${path}; fs.mkdirSync(require('path').dirname(p), { recursive: true }); fs.writeFileSync(p, 'x')`,
    );
    const plan = {
      items: [
        { name: 'a', gates: [long] },
        { name: 'b', gates: [{ name: 't', run: 'true' }] },
      ],
    };
    const ran: boolean[] = [];
    // With a key the id of a run is longer.
    for (const key of [undefined, 'friday']) {
      const run = await stack.submit(plan, { execute: false }, key);
      await carry(stack, run, once(stack));
      const { items } = stack.report(run);
      expect(items.map(({ status }) => status)).toEqual(['merged', 'merged']);
      ran.push(!items[0]!.gates[0]!.cached);
    }
    expect(ran).toEqual([true, true]);
  });
});
