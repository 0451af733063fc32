import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openCappedLog } from '../../lib/gates/capped-log';

it('keeps the head and the tail of any output, however it is cut into chunks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-log-'));
  try {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'abcdefgh'), maxLength: 30 })),
        fc.record({ head: fc.integer({ min: 0, max: 20 }), tail: fc.integer({ min: 1, max: 20 }) }),
        (chunks, { head, tail }) => {
          const path = join(folder, 'log');
          const log = openCappedLog(path, { head, tail });
          for (const chunk of chunks) {
            const buffer = Buffer.from(chunk);
            log.write(buffer);
            buffer.fill('X');
          }
          const all = chunks.join('');
          const leftOut = all.length - head - tail;
          const truncated = leftOut > 0;
          expect(log.close()).toEqual({ bytes: all.length, truncated });
          const kept = `${all.slice(0, head)}\n[lex-pr: ${leftOut} bytes left out]\n${all.slice(-tail)}`;
          if (all === '') expect(existsSync(path)).toBe(false);
          else expect(readFileSync(path, 'utf8')).toBe(truncated ? kept : all);
          rmSync(path, { force: true });
        },
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
