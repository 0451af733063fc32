import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causeOf } from '../../lib/database';
import { changePauses, readPauses } from '../../lib/engine/pauses';

const pause = (target: string) => ({ target, why: 'by ann: wait', at: 1 });

describe('pauses of a folder', () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  });

  afterEach(() => rmSync(home, { recursive: true }));

  it('are changed by one at a time, so that no change is lost', () => {
    let cause: unknown;
    changePauses(home, (before) => {
      try {
        changePauses(home, (other) => [...other, pause('b')], 0);
      } catch (error) {
        cause = causeOf(error);
      }
      return [...before, pause('a')];
    });
    expect(cause).toBe('busy');
    changePauses(home, (before) => [...before, pause('b')]);
    expect(readPauses(home)).toEqual([pause('a'), pause('b')]);
  });

  it('stay as they are where a change is refused', () => {
    changePauses(home, () => [pause('a')]);
    const refuse = () => {
      throw new Error('no');
    };
    expect(() => changePauses(home, refuse)).toThrow('no');
    expect(readPauses(home)).toEqual([pause('a')]);
  });
});
