import { newerRun } from '../../lib/cli/newer-run';

const ended = { id: 'b', endedAt: 1 };
const open = { id: 'c', endedAt: undefined };
const about = 'this is about b, the last one that has ended';

describe('what is said of a run that is not told of', () => {
  it.each([
    [[open, ended], 'c', true, `run c goes on: ${about}`],
    [[open, ended], undefined, true, `run c goes on: ${about}`],
    [[open, ended], undefined, false, `run c was interrupted and goes on with lex-pr resume: ${about}`],
    [[ended, { ...open, id: 'a' }], 'a', true, `run a goes on: ${about}`],
    [[ended, { ...open, id: 'a' }], undefined, false, undefined],
    [[ended], 'b', true, undefined],
  ])('%j, carried %j (%j)', (runs, current, carried, message) => {
    expect(newerRun(runs, 'b', current, () => carried)).toBe(message);
  });
});
