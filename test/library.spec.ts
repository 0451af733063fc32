import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..');

describe('the example of docs/library.md', () => {
  const [, code = '', output = ''] =
    /```ts\n(.*?)```.*?```\n(.*?)```/s.exec(readFileSync(join(root, 'docs/library.md'), 'utf8')) ?? [];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    mkdirSync(join(folder, 'node_modules'));
    for (const name of ['lex-pr', '@types']) {
      symlinkSync(
        name === 'lex-pr' ? root : join(root, 'node_modules', name),
        join(folder, 'node_modules', name),
      );
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'example.ts'), code);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('prints what the document says', () => {
    const printed = execFileSync(process.execPath, ['example.ts'], { cwd: folder, encoding: 'utf8' });
    expect(printed).toBe(output);
  });

  it('compiles against the published types', () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    execFileSync(tsc, ['-p', join(root, 'tsconfig.types.json')]);
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2024', '--module', 'nodenext'];
    execFileSync(tsc, [...options, '--types', 'node', 'example.ts'], {
      cwd: folder,
      stdio: 'pipe',
      encoding: 'utf8',
    });
  });
});
