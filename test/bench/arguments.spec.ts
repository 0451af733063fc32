import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readArguments } from './arguments';

const KNOWN = ['start', 'scenarios'];

describe('the arguments of npm run bench', () => {
  it('choose benches, how often they run and the form of the result', () => {
    expect(readArguments([], KNOWN)).toEqual({ json: false, runs: 5, names: [] });
    expect(readArguments(['start', '--runs', '3', '--json'], KNOWN)).toEqual({
      json: true,
      runs: 3,
      names: ['start'],
    });
  });

  it.each([
    ['bogus', 'there is no bench "bogus"'],
    ['--runs=0', '--runs takes a whole number from 1 on'],
    ['--runs=x', '--runs takes a whole number from 1 on'],
    ['--runs', "Option '--runs <value>' argument missing"],
    ['--bogus', "Unknown option '--bogus'"],
  ])('that mean nothing are told with what there is: %s', (arg, why) => {
    expect(readArguments([arg], KNOWN)).toEqual({
      usage: `${why}\nnpm run bench -- [start] [scenarios] [--json] [--runs N]`,
      code: 2,
    });
  });

  it('are answered without a stack, and nothing is measured', () => {
    const script = join(__dirname, '../../scripts/bench.mjs');
    const run = (arg: string) => spawnSync(process.execPath, [script, arg], { encoding: 'utf8' });
    expect(run('--help')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/^npm run bench -- \[/),
    });
    expect(run('bogus')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^there is no bench "bogus"\n/),
    });
  });
});
