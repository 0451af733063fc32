import { textPrinter } from '../../../lib/cli/logs/text-printer';
import { plainStyle } from '../../../lib/cli/style';
import type { EndedAttempt } from '../../../lib/logs/attempt';

function open(options: { prefixed: boolean; terminal?: boolean }) {
  const parts: Buffer[] = [];
  const notes: string[] = [];
  const printer = textPrinter({
    output: { write: async (chunk) => void parts.push(Buffer.from(chunk as string)) },
    note: (line) => notes.push(line),
    terminal: false,
    style: plainStyle,
    noteStyle: plainStyle,
    ...options,
  });
  return { printer, notes, printed: () => Buffer.concat(parts).toString() };
}

const attempt = (item: string | null, number = 1): EndedAttempt => ({
  item,
  gate: 'test',
  attempt: number,
  round: 1,
  status: 'fail',
  cached: false,
  startedAt: 0,
  endedAt: 2_000,
  lane: 0,
  exitCode: 1,
  signal: null,
  note: null,
  log: 'logs/x',
});
const [a, b] = [attempt('a'), attempt('b')];
const bytes = (text: string) => Buffer.from(text);

describe('logs as text', () => {
  it('keep lines of gates that run at once apart, each whole', async () => {
    const { printer, printed } = open({ prefixed: true });
    await printer.output(a, bytes('one '));
    await printer.output(b, bytes('other\nhal'));
    await printer.output(a, bytes('line\n'));
    await printer.end(b, true);
    await printer.leave(a, 'running');
    expect(printed()).toBe('b: test | other\na: test | one line\nb: test | hal\n');
  });

  it('name the woven commit, and the attempt from the second one on', async () => {
    const { printer, printed } = open({ prefixed: true });
    await printer.output(attempt(null, 2), bytes('x\n'));
    expect(printed()).toBe('integration: test #2 | x\n');
  });

  it('are as they are without names before them, one attempt below the other', async () => {
    const { printer, printed } = open({ prefixed: false });
    await printer.output(attempt('a', 1), bytes('no newline'));
    await printer.end(attempt('a', 1), true);
    await printer.output(attempt('a', 2), bytes('\x1b[31mred'));
    await printer.end(attempt('a', 2), true);
    expect(printed()).toBe('no newline\n\x1b[31mred');
  });

  it('say of which gate there is no output, and not of one that did not run, or ran elsewhere', async () => {
    const { printer, notes } = open({ prefixed: true });
    await printer.end({ ...a, log: null }, true);
    await printer.end({ ...a, status: 'pass', exitCode: 0, log: null, cached: true }, true);
    await printer.end({ ...a, status: 'pass', exitCode: null, log: null }, true);
    await printer.end(a, true);
    expect(notes).toEqual([
      'gate test of a failed in 2.0s, without output',
      'gate test of a passed (cached)',
      'gate test of a passed in 2.0s',
      'gate test of a failed in 2.0s',
    ]);
  });

  it.each([true, false])('cannot do anything to a terminal (prefixed: %s)', async (prefixed) => {
    const { printer, printed, notes } = open({ prefixed, terminal: true });
    await printer.output(attempt('\x1b[2J'), bytes('\x1b[31mred\x1b[2J\n'));
    await printer.end({ ...attempt('\x1b[2J'), note: '\x1b[2J' }, false);
    expect(printed()).toContain('red\\u001b[2J\n');
    expect(printed() + notes.join('')).not.toContain('\x1b');
  });

  it('say how an attempt ended, and what there is to know', async () => {
    const { printer, notes } = open({ prefixed: true });
    await printer.end({ ...attempt('a', 2), note: 'killed by SIGKILL' }, false);
    expect(notes).toEqual([
      'gate test of a (attempt 2) failed in 2.0s',
      '  killed by SIGKILL',
      '  what it printed is no longer there',
    ]);
  });
});
