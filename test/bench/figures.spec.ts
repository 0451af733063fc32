import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentText, figuresText, readFigures, withMeasured } from './figures';
import { findWorse } from './guard';
import { inTurn } from './in-turn';
import { type Machine, machineText } from './machine';
import { atMost, moreThan, type Row, ratio, shown, unmeasured } from './row';
import { table } from './table';

const MACHINE: Machine = {
  cpu: 'cpu',
  cores: 2,
  memoryGB: 24,
  platform: 'linux x64',
  kernel: '6.1',
  fileSystem: 'ext2/ext3',
  node: 'v24',
  git: '2.39',
  loadAverage: 0.5,
};
const section = (name: string, rows: readonly Row[], machine = MACHINE) => ({
  name,
  about: `${name}.`,
  machine,
  rows,
});
const against = (ours: readonly number[], limit?: number) =>
  ratio('makespan', { ours, theirs: ours.map(() => 2), unit: 's', peer: 'ninja' }, limit);

describe('rows', () => {
  it('divide turn by turn, and keep both figures', () => {
    const row = ratio('makespan', { ours: [2, 30, 4], theirs: [2, 10, 2], unit: 's', peer: 'ninja' }, 1.05);
    expect(row).toEqual({
      name: 'makespan',
      value: 2,
      unit: '×',
      peer: { name: 'ninja', value: 2, own: 4, unit: 's' },
      target: '≤ 1.05 ×',
      ok: false,
      runs: [1, 3, 2],
    });
  });

  it('hold at the limit of what is at most, and not of what is more', () => {
    expect(atMost('time', 'ms', [7, 5, 6], 6).ok).toBe(true);
    expect(moreThan('improvement', '%', [20, 20, 20], 20).ok).toBe(false);
  });

  it('without a peer that could be measured are missed', () => {
    expect(unmeasured('makespan', '≤ 1.05 ×', 'ninja', 'not installed')).toMatchObject({
      value: null,
      ok: false,
    });
  });

  it('are a table for people', () => {
    const rows = [
      against([2, 3, 2.2], 1.05),
      shown('size', 'MB', [3]),
      unmeasured('b', '≤ 2 ×', 'gone', 'get it'),
    ];
    expect(table(rows).split('\n')).toEqual([
      '| what     | median       | spread  | compared with          | target   | holds  |',
      '| -------- | ------------ | ------- | ---------------------- | -------- | ------ |',
      '| makespan | 1.1 ×        | 1 – 1.5 | ninja: 2 s, ours 2.2 s | ≤ 1.05 × | **no** |',
      '| size     | 3 MB         | 3 – 3   | –                      | –        | –      |',
      '| b        | not measured | –       | gone: get it           | ≤ 2 ×    | **no** |',
      '',
    ]);
  });
});

it('sides are measured in turn, and the first time is not counted', async () => {
  const order: string[] = [];
  const side = (name: string) => () => order.push(name);
  expect(await inTurn(2, { a: side('a'), b: side('b') })).toEqual({ a: [3, 5], b: [4, 6] });
  expect(order.join('')).toBe('ababab');
});

describe('committed figures', () => {
  it('come back as they were written, a row a line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-figures-'));
    try {
      const file = join(folder, 'figures.json');
      expect(readFigures(file)).toEqual([]);
      const sections = [section('start', [against([1], 2), shown('size', 'MB', [3])]), section('order', [])];
      writeFileSync(file, figuresText(sections));
      expect(readFigures(file)).toEqual(sections);
      expect(readFileSync(file, 'utf8')).toMatch(/^ +\{"name":"makespan".*\},$/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('keep what was not measured anew, in the order of the benches, and lose benches that are no more', () => {
    const [a, b, gone] = ['a', 'b', 'gone'].map((name) => section(name, []));
    const anew = section('b', [shown('size', 'MB', [3])]);
    expect(withMeasured([gone!, b!, a!], [anew], [{ name: 'a' }, { name: 'b' }, { name: 'new' }])).toEqual([
      a,
      anew,
    ]);
  });

  it('are what the document shows', () => {
    const read = (name: string) => readFileSync(join(__dirname, '../../docs', name), 'utf8');
    expect(read('benchmarks.md')).toBe(documentText(JSON.parse(read('benchmarks.json')).sections));
  });

  it('stand beside the machine', () => {
    expect(machineText(MACHINE)).toBe(
      '2 × cpu, 24 GB, linux x64 (6.1), ext2/ext3, Node.js v24, git 2.39; load average 0.5 at the start',
    );
  });
});

describe('the guard', () => {
  const then = [section('dag', [against([2, 2.1, 2.2], 1.5)])];
  const worse = (row: Row, before = then, machine = MACHINE) =>
    findWorse(before, [section('dag', [row], machine)]);

  it('names a ratio that got worse by more than both spreads', () => {
    expect(worse(against([2.3, 2.4, 2.5], 1.5))).toEqual([
      'makespan: 1.2 × (1.15 – 1.25), committed 1.05 × (1 – 1.1)',
    ]);
  });

  it.each([
    ['spreads that meet', [2.2, 2.4, 2.5]],
    ['less than a twentieth', [2.201, 2.202, 2.203]],
    ['what got better', [1, 1, 1]],
  ])('keeps silent about %s', (_, ours) => {
    expect(worse(against(ours, 1.5))).toEqual([]);
  });

  it('knows of what more is better', () => {
    const before = [section('dag', [moreThan('gain', '%', [80, 81], 20)])];
    expect(worse(moreThan('gain', '%', [60, 61], 20), before)).toHaveLength(1);
    expect(worse(moreThan('gain', '%', [90, 91], 20), before)).toEqual([]);
  });

  it('compares times on the same idle processor only, and what has no target never', () => {
    const before = [section('dag', [atMost('time', 'ms', [10], 100)])];
    const slower = atMost('time', 'ms', [90], 100);
    expect(worse(slower, before)).toHaveLength(1);
    expect(worse(slower, before, { ...MACHINE, cpu: 'other' })).toEqual([]);
    expect(worse(slower, before, { ...MACHINE, loadAverage: 2.5 })).toEqual([]);
    expect(worse(against([9], 1.5), then, { ...MACHINE, cpu: 'other' })).toHaveLength(1);
    expect(worse(shown('size', 'MB', [9]), [section('dag', [shown('size', 'MB', [1])])])).toEqual([]);
  });

  it('misses rows that are gone, of the benches that ran', () => {
    expect(worse(shown('other', '×', [1]))).toEqual(['makespan: no longer measured']);
    expect(worse(unmeasured('makespan', '≤ 1.5 ×', 'ninja', 'not installed'))).toEqual([
      'makespan: no longer measured',
    ]);
    expect(findWorse(then, [section('start', [])])).toEqual([]);
  });
});
