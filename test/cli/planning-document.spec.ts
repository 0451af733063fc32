import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const text = readFileSync(join(root, 'docs/planning.md'), 'utf8');
const blocks = [...text.matchAll(/^```(sh|yaml)\n(.*?)^```$/gms)].map(([, language, content]) => ({
  language,
  content: content!,
}));

describe('docs/planning.md', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has examples that run one after the other, and print what it shows', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const command = `#!/bin/sh\nexec '${process.execPath}' '${root}/dist/lex-pr.mjs' "$@"\n`;
    writeFileSync(join(bin, 'lex-pr'), command, { mode: 0o755 });
    // Where a block of YAML follows, the commands before it print that; each block fails at its first failure.
    const script = blocks.map(({ language, content }, index) =>
      language === 'sh' ? `{\n${content}} > '${folder}/${index}.out'\n` : '',
    );
    execFileSync('sh', ['-e', '-c', script.join('')], {
      cwd: folder,
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, GIT_CONFIG_GLOBAL: '/dev/null' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const shown = blocks.flatMap(({ language, content }, index) =>
      language === 'yaml' ? [{ content, printed: readFileSync(`${folder}/${index - 1}.out`, 'utf8') }] : [],
    );
    expect(shown).toHaveLength(1);
    for (const { content, printed } of shown) expect(printed).toBe(content);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: `${folder}/shop`, encoding: 'utf8' });
    expect(git('ls-tree', '--name-only', 'main')).toBe('Makefile\napi\ndocs\nmodel\n');
    expect(git('show', 'main:model')).toBe('2\n3\n4\n5\n6\n7\n8\n9\n10\n');
  }, 60_000);
});
