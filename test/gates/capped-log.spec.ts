import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

it.each(['file', 'link', 'pipe'])(
  'removes a %s that is there, whether or not anything is printed',
  (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-log-'));
    try {
      const [path, other] = [join(folder, 'log'), join(folder, 'other')];
      writeFileSync(other, 'of somebody else');
      for (const output of ['', 'new']) {
        if (kind === 'link') symlinkSync(other, path);
        else if (kind === 'pipe') execFileSync('mkfifo', [path]);
        else writeFileSync(path, 'of an attempt that was killed');
        const log = openCappedLog(path);
        expect(existsSync(path)).toBe(false);
        log.write(Buffer.from(output));
        log.close();
        expect(existsSync(path) && readFileSync(path, 'utf8')).toBe(output || false);
        rmSync(path, { force: true });
      }
      expect(readFileSync(other, 'utf8')).toBe('of somebody else');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

it('fails where its folder is a file, once there is something to write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-log-'));
  try {
    writeFileSync(join(folder, 'logs'), '');
    const log = openCappedLog(join(folder, 'logs/log'));
    expect(() => log.write(Buffer.from('x'))).toThrow('ENOTDIR');
    expect(log.close()).toEqual({ bytes: 0, truncated: false });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('neither follows a link nor waits for a pipe that a gate has put there before its first output', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-log-'));
  try {
    const [piped, linked] = [join(folder, 'piped'), join(folder, 'linked')];
    const logs = [openCappedLog(piped), openCappedLog(linked)];
    execFileSync('mkfifo', [piped]);
    symlinkSync('other', linked);
    for (const [at, code] of ['ENXIO', 'ELOOP'].entries())
      expect(() => logs[at]!.write(Buffer.from('x'))).toThrow(code);
    expect(existsSync(join(folder, 'other'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
