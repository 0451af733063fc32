import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causeOf, openDatabase } from '../lib/database';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const thrownBy = (action: () => unknown) => {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
};

describe('a database', () => {
  it('waits for other processes as long as it is told, whatever Node.js opens it', () => {
    const database = openDatabase(join(folder, 'a.db'), 1234);
    expect(database.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 1234 });
    database.close();
  });

  it('that is only read is not made', () => {
    expect(causeOf(thrownBy(() => openDatabase(join(folder, 'none.db'), 0, true)))).toBe('forbidden');
  });

  it('says why it cannot be used', () => {
    const path = join(folder, 'a.db');
    const holder = openDatabase(path, 0);
    holder.exec('CREATE TABLE t (a); BEGIN EXCLUSIVE');
    const other = openDatabase(path, 0);
    expect(causeOf(thrownBy(() => other.exec('BEGIN IMMEDIATE')))).toBe('busy');
    other.close();
    holder.close();
    const reader = openDatabase(path, 0, true);
    expect(causeOf(thrownBy(() => reader.exec('INSERT INTO t VALUES (1)')))).toBe('forbidden');
    reader.close();
    writeFileSync(path, 'no database, whatever its name says\n'.repeat(99));
    expect(causeOf(thrownBy(() => openDatabase(path, 0).prepare('PRAGMA user_version').get()))).toBe(
      'damaged',
    );
    mkdirSync(join(folder, 'b.db'));
    expect(causeOf(thrownBy(() => openDatabase(join(folder, 'b.db'), 0)))).toBe('forbidden');
    expect([new Error('x'), undefined, null, 'x'].map(causeOf)).toEqual(Array(4).fill(undefined));
  });
});
