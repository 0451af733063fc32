import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readArguments } from './arguments';

const KNOWN = ['start', 'scenarios'];
const NAMED = { json: false, runs: 5, names: ['start'], write: false, compare: false, list: false };

describe('the arguments of npm run bench', () => {
  it('run everything, write it down and compare it where nothing is named', () => {
    expect(readArguments([], KNOWN)).toEqual({ ...NAMED, names: [], write: true, compare: true });
  });

  it('only measure what is named, unless they say more', () => {
    expect(readArguments(['start', '--json', '--runs', '3'], KNOWN)).toEqual({
      ...NAMED,
      json: true,
      runs: 3,
    });
    expect(readArguments(['start', '--write', '--compare'], KNOWN)).toEqual({
      ...NAMED,
      write: true,
      compare: true,
    });
  });

  it('write nothing down that too few runs have shown', () => {
    expect(readArguments(['--runs', '2'], KNOWN)).toMatchObject({ runs: 2, write: false, compare: false });
  });

  it.each([
    [['bogus'], 'there is no bench "bogus"'],
    [['--runs=0'], '--runs takes a whole number from 1 on'],
    [['--runs=x'], '--runs takes a whole number from 1 on'],
    [['--runs=4', '--write'], '--write and --compare take 5 runs or more'],
    [['--runs=4', '--compare'], '--write and --compare take 5 runs or more'],
    [['--runs'], "Option '--runs <value>' argument missing"],
    [['--bogus'], "Unknown option '--bogus'"],
  ])('that mean nothing are told with what there is: %s', (args, why) => {
    expect(readArguments(args, KNOWN)).toEqual({
      usage: `${why}\nnpm run bench -- [NAME …] [--json] [--runs N] [--write] [--compare] [--list]\nNAME: start, scenarios\nWithout NAME all run, and docs/benchmarks.md and .json are replaced as they end, unless --runs is below 5.`,
      code: 2,
    });
  });

  it('are answered without a stack, and nothing is measured', () => {
    const script = join(__dirname, '../../scripts/bench.mjs');
    const run = (arg: string) => spawnSync(process.execPath, [script, arg], { encoding: 'utf8' });
    expect(run('bogus')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^there is no bench "bogus"\n/),
    });
    expect(run('--list')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^start\n {2}Time of .*\norder\n {2}/),
      stderr: '',
    });
  });
});
