import { closeSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { InputError, type Problem } from '../../lib/errors';
import { ItemCollector } from '../../lib/plan/collect-items';
import { loadPlan } from '../../lib/plan/load';
import { readParts } from '../../lib/plan/read-parts';
import { readPlan } from '../../lib/plan/read-plan';

jest.setTimeout(120_000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Outcome = { readonly plan: unknown } | { readonly problems: readonly Problem[] };

async function outcomeOf(read: () => unknown): Promise<Outcome> {
  try {
    return { plan: await read() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problems: error.problems };
  }
}

const SOURCE = { file: '<stdin>', cwd: '/plans', defaultRepository: '/here' };

const whole = (text: string) => outcomeOf(() => loadPlan(text, SOURCE));

/** Whatever comes, in bytes of one chunk after the other. */
function inParts(text: string, pieceBytes = 1, chunkBytes = 7): Promise<Outcome> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, k) =>
    bytes.subarray(k * chunkBytes, (k + 1) * chunkBytes),
  );
  return outcomeOf(() =>
    readPlan('-', {
      stdin: Readable.from(chunks),
      cwd: SOURCE.cwd,
      defaultRepository: SOURCE.defaultRepository,
      wholeBytes: 0,
      pieceBytes,
    }),
  );
}

/** Whether a text was read in pieces, rather than whole because there was no other way. */
async function isSplit(text: string, pieceBytes = 1): Promise<boolean> {
  const bytes = Buffer.from(text);
  const source = {
    size: bytes.length,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5);
    },
    read: (from: number, to: number) => bytes.subarray(from, to),
    close() {},
  };
  return (await readParts(source, 'x', pieceBytes, new ItemCollector(1000))) !== undefined;
}

/** Items with and without faults, that depend on one another and on what is not there. */
const name = fc.constantFrom('a', 'b', 'c/d', 'é💥', 'it"em', '[{', ': #', 'items', '-', '');
const gate = fc.record({
  name: fc.constantFrom('g', 'h'),
  run: fc.constantFrom('true', 'echo "}],"\necho 2'),
});
const item = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      {
        name,
        branch: fc.constantFrom('x', 'y/z', '..'),
        deps: fc.array(fc.oneof({ weight: 9, arbitrary: name }, { weight: 1, arbitrary: fc.constant(5) })),
        gates: fc.array(gate, { maxLength: 2 }),
        priority: fc.constantFrom(0, 5, 'x'),
        itmes: fc.constant([1]),
      },
      { requiredKeys: ['name'] },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 5, [], {}, 'text', ['items']) },
);
const policy = fc.record(
  {
    requiredGates: fc.constant(['g']),
    blockOn: fc.constant(['x']),
    isolation: fc.constantFrom('strict', 'strikt'),
  },
  { requiredKeys: [] },
);
const fields = fc.record(
  {
    schemaVersion: fc.constantFrom('v1', 'v2'),
    target: fc.constantFrom('main', '..'),
    repository: fc.constantFrom('r', 'items:\n- a\n', '"items": ['),
    gates: fc.array(gate, { maxLength: 2 }),
    policy,
    unknown: fc.record({ items: fc.array(fc.integer(), { maxLength: 2 }) }),
  },
  { requiredKeys: ['schemaVersion'] },
);
const documents = fc
  .tuple(fields, fc.array(item, { maxLength: 6 }), fields)
  .map(([before, items, after]) => ({ ...before, items, ...after }));
const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }));

describe('a plan that is read in pieces', () => {
  it('is the same plan, or has the same problems at the same places, as JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.constantFrom('', '  ', '\t'),
        fc.boolean(),
        sizes,
        async (document, space, bom, [piece, chunk]) => {
          const text = `${bom ? '\ufeff\n' : ''}${JSON.stringify(document, null, space)}\n`;
          expect(await inParts(text, piece, chunk)).toEqual(await whole(text));
          expect(await isSplit(text, piece)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is the same plan, or has the same problems at the same places, as YAML', async () => {
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.record({
          indentSeq: fc.boolean(),
          indent: fc.integer({ min: 1, max: 4 }),
          lineWidth: fc.constantFrom(0, 20),
        }),
        fc.constantFrom('', '\ufeff# first\n---\n'),
        sizes,
        async (document, options, start, [piece, chunk]) => {
          const text = start + stringify(document, { ...options, aliasDuplicateObjects: false });
          expect(await inParts(text, piece, chunk)).toEqual(await whole(text));
          expect(await isSplit(text, piece)).toBe(document.items.length > 0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is refused where the whole is, and nowhere else, whatever is cut out of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.boolean(),
        fc.nat(),
        fc.integer({ min: 1, max: 3 }),
        async (document, json, at, length) => {
          const text = json
            ? JSON.stringify(document, null, 1)
            : stringify(document, { aliasDuplicateObjects: false });
          const from = 1 + (at % text.length);
          const cut = text.slice(0, from) + text.slice(from + length);
          const [read, expected] = [await inParts(cut), await whole(cut)];
          // What begins with { and is YAML only is read as JSON there.
          if ('plan' in read || !json) expect('plan' in read).toBe('plan' in expected);
          if ('problems' in read)
            for (const problem of read.problems)
              expect(problem).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
        },
      ),
      { numRuns: 100 },
    );
  });

  const broken = `{"schemaVersion":"v1","target":"main","items":[
    {"name":"a"},
    {"name":"b",},
    {"name":"c"}, {name}
  ]}`;

  it('has the place of each item that is no JSON', async () => {
    const outcome = await inParts(broken);
    expect(outcome).toMatchObject({
      problems: [
        { code: 'syntax', line: 3 },
        { code: 'syntax', line: 4 },
      ],
    });
    expect(await inParts(broken, 1000)).toMatchObject({ problems: [{ code: 'syntax', line: 3 }] });
    expect(await inParts('{"items":[{"name":"a"},]}')).toMatchObject({ problems: [{ line: 1, column: 23 }] });
    expect(await inParts('{"items":[{"name":"a"}], "x" 1}')).toMatchObject({
      problems: [{ line: 1, column: 30 }],
    });
  });

  it('has the place of everything that is no YAML', async () => {
    const text = 'target: @x\nitems:\n  - name: a\n  - name: `b\n  - name: c\npolicy: {{\n';
    const outcome = await inParts(text);
    expect(outcome).toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ line: 1, column: 9 }),
        expect.objectContaining({ line: 4, column: 11 }),
      ]),
    });
    expect(outcome).not.toHaveProperty('plan');
  });

  it.each([
    ['a flow list', 'items: [{name: a}]\n'],
    ['an alias', 'items:\n- &x\n  name: a\n  gates: &g []\n- name: b\n  gates: *g\n'],
    [
      'an alias after the items of what an item has',
      'items:\n- name: a\n  branch: &x b\n- name: c\ntarget: *x\n',
    ],
    [
      'an alias after the items of what an item has anew',
      'repository: &x /b\nitems:\n- name: a\n  branch: &x c\n- name: d\ntarget: *x\n',
    ],
    ['an anchor around all items', 'items: &x\n- name: a\n'],
    ['a list that is indented as a part of something else', 'items:\n  - name: a\n x: 1\n'],
    ['a key that is part of a text', 'target: "x\nitems:\n- a\n"\n'],
    ['no list', 'items: 5\n'],
    ['no items', 'target: main\n'],
    ['an explicit key', '? items\n: - name: a\n'],
  ])('is read whole with %s', async (_, fields) => {
    const text = `schemaVersion: v1\ngates: [{name: g, run: x}]\npolicy: {ungated: allow}\n${fields}`;
    expect(await isSplit(text).catch(() => false)).toBe(false);
    expect(await inParts(text)).toEqual(await whole(text));
  });

  it.each([
    '{"a": {"items": [1]}, "items": [], "b": "items"}',
    '{"\\u0069tems": [{"name": "a"}, {"name": "b", "name": "c"}], "target": "x"}',
    '{"items": "x", "target": ["items"]}',
    '["items", [1]]',
    '{"items": [[1], {"items": [2]}]}',
  ])('knows the list of items of %s', async (text) => {
    expect(await inParts(text)).toEqual(await whole(text));
  });

  it('is told to be no text where it is none, wherever that is', async () => {
    const bytes = Buffer.from('{"items":[{"name":"a"},{"name":"\u00e9"},{"name":"c"}]}');
    for (const at of [2, 34, bytes.length - 2]) {
      const broken = Buffer.from(bytes);
      broken[at] = 0xff;
      const path = join(folder, 'plan.json');
      writeFileSync(path, broken);
      const options = {
        stdin: Readable.from([]),
        cwd: folder,
        defaultRepository: '/',
        wholeBytes: 0,
        pieceBytes: 1,
      };
      expect(await outcomeOf(() => readPlan('plan.json', options))).toMatchObject({
        problems: [{ code: 'encoding' }],
      });
    }
  });

  it('may have 100,000 items, and is read in pieces by default then', async () => {
    const items = Array.from({ length: 100_000 }, (_, k) => ({
      name: `item-${k}`,
      deps: [1, 2, 3].filter((back) => back <= k).map((back) => `item-${k - back}`),
    }));
    items[99_999]!.deps = ['item-99999'];
    const gates = [{ name: 'g', run: 'true' }];
    const text = JSON.stringify({ schemaVersion: 'v1', target: 'main', gates, items });
    writeFileSync(join(folder, 'plan.json'), text);
    const options = { stdin: Readable.from([]), cwd: folder, defaultRepository: '/' };
    expect(await outcomeOf(() => readPlan('plan.json', options))).toMatchObject({
      problems: [{ code: 'self-dependency', line: 1, column: text.lastIndexOf('"item-99999"') + 1 }],
    });
  });

  it('leaves no temporary file, and no open one', async () => {
    const spooled = () => readdirSync(tmpdir()).filter((entry) => entry.startsWith('lex-pr-plan-'));
    await inParts(broken);
    expect(spooled()).toEqual([]);
    const path = join(folder, 'plan.json');
    writeFileSync(path, broken);
    const free = openSync(path, 'r');
    closeSync(free);
    const options = { stdin: Readable.from([]), cwd: folder, defaultRepository: '/', wholeBytes: 0 };
    await outcomeOf(() => readPlan('plan.json', options));
    await outcomeOf(() => readPlan('-', { ...options, stdin: Readable.from([Buffer.from(broken)]) }));
    const next = openSync(path, 'r');
    closeSync(next);
    expect(next).toBe(free);
  });
});
