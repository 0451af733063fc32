import { spawnSync } from 'node:child_process';
import type { Gate } from '../../lib/plan/plan';
import { advice } from '../../lib/report/advice';
import { sharedFailureOf } from '../../lib/report/shared-failure';
import { failed, gate, item, report } from './sample';

const definition = (given: Partial<Gate> = {}) =>
  ({ name: 'test', run: 'make test', cwd: '.', env: {}, runtime: 'local', ...given }) as Gate;
const red = (name: string, given: Parameters<typeof gate>[0] = {}) =>
  failed(name, 'gate-failed: test exited with 1', { gates: [gate({ status: 'fail', ...given })] });
const shared = (items: Parameters<typeof sharedFailureOf>[0], of = definition()) =>
  sharedFailureOf(items, 'main', () => of);

describe('the gate in which all items failed', () => {
  it('is told where two or more failed in it, whatever failed otherwise', () => {
    expect(shared([red('a'), red('b'), failed('c', 'conflict: in x')])).toEqual({
      gate: 'test',
      command: 'git switch main && make test',
    });
  });

  it.each([
    ['one item', [red('a')]],
    ['different gates', [red('a'), red('b', { name: 'lint' })]],
    ['an item that passed it', [red('a'), red('b'), item('c', { gates: [gate()] })]],
    ['a gate that somebody answers for', [red('a'), red('b', { override: {} as never })]],
    ['a gate that blocks nothing', [red('a'), red('b', { blocking: false })]],
  ])('is not told of %s', (_, items) => expect(shared(items)).toBeNull());

  it.each([
    ['logs/a/test.log', 'else read the logs and fix it on each branch'],
    [null, 'else fix it on each branch'],
  ])('has the logs read only where there are some (%s)', (log, told) => {
    const items = [red('a', { log }), red('b', { log })];
    const said = advice(items[0]!, report(items, { sharedFailure: shared(items) }), (path) => path);
    expect(said).toContain(`mend main first, ${told}; then run again`);
  });

  it('comes with a command that a shell takes, in its folder and with its variables', () => {
    const env = { A: "it's" };
    const { command } = shared([red('a'), red('b')], definition({ run: 'pwd\necho "$A"', cwd: 'bin', env }))!;
    const ran = spawnSync('sh', ['-c', command!.replace(/^git switch main && /, '')], { cwd: '/usr' });
    expect(ran.stdout.toString()).toMatch(/bin\nit's\n$/);
    expect(shared([red('a'), red('b')], definition({ runtime: 'container' }))!.command).toBeNull();
  });
});
