import { execFileSync, spawnSync } from 'node:child_process';
import { completables } from '../../lib/cli/completion/completable';
import { createProgram } from '../../lib/cli/main';
import { runCli } from '../support/cli';

const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, cwd: '/', env: {} };
const COMMANDS = completables(createProgram('0', io, () => {}));

const script = async (shell: string) => (await runCli(['completion', shell], { cwd: '/' })).stdout;

/** What a real bash proposes for a line, in which `|` is the cursor at its end. */
function proposals(source: string, ...words: string[]): string[] {
  const output = execFileSync(
    'bash',
    [
      '--norc',
      '-c',
      `eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lex_pr; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      source,
      'lex-pr',
      ...words,
    ],
    { encoding: 'utf8' },
  );
  return output.split('\n').filter((line) => line !== '');
}

describe('completion of bash', () => {
  let source: string;
  beforeAll(async () => {
    source = await script('bash');
  });

  it('proposes the commands, and what follows in each of them', () => {
    expect(proposals(source, '')).toEqual(COMMANDS[0]!.commands.map(({ name }) => name));
    for (const { path, commands, options } of COMMANDS) {
      expect(proposals(source, ...path, '--')).toEqual(options.map(({ flag }) => flag));
      if (commands.length > 0)
        expect(proposals(source, ...path, '')).toEqual(commands.map(({ name }) => name));
    }
  });

  it('is the same within a JSON document', async () => {
    const { code, stdout } = await runCli(['completion', 'bash', '--json'], { cwd: '/' });
    expect({ code, ...JSON.parse(stdout) }).toEqual({ code: 0, shell: 'bash', script: source });
  });

  it.each<[string[], string[]]>([
    [['mer'], ['merge', 'merge-order']],
    [['cache', 'cl'], ['clear']],
    [['merge', 'plan.json', '--ex'], ['--execute']],
    [
      ['merge', '--log-format', ''],
      ['human', 'json'],
    ],
    [['merge', '--log-format', '=', 'j'], ['json']],
    [
      ['merge', '--log-format', '='],
      ['human', 'json'],
    ],
    [['merge-order', 'plan.json', '--format', 'm'], ['mermaid']],
    [['completion', 'f'], ['fish']],
    // Left to the file names of bash.
    [['merge', ''], []],
    [['merge', '--artifact-dir', ''], []],
    [['merge', '--max-workers', ''], []],
  ])('proposes for %j: %j', (words, expected) => expect(proposals(source, ...words)).toEqual(expected));

  it('is set for lex-pr, with file names where nothing is proposed', () => {
    const output = execFileSync('bash', ['--norc', '-c', 'eval "$1"; complete -p lex-pr', 'bash', source], {
      encoding: 'utf8',
    });
    expect(output.trim()).toBe('complete -o default -F _lex_pr lex-pr');
  });
});

describe.each(['zsh', 'fish'])('completion of %s', (shell) => {
  it('knows every command and option', async () => {
    const source = await script(shell);
    for (const { path, commands, options } of COMMANDS) {
      if (shell === 'zsh') expect(source).toContain(`${['_lex-pr', ...path].join('_')}() {`);
      for (const { name } of commands) expect(source).toContain(name);
      for (const { flag } of options)
        expect(source).toContain(shell === 'zsh' ? flag : `-l ${flag.slice(2)}`);
    }
  });

  const installed = spawnSync(shell, ['--version']).status === 0;
  (installed ? it : it.skip)('is read without complaint by the shell itself', async () => {
    const { status, stderr } = spawnSync(shell, ['-n'], { input: await script(shell), encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

it('a shell that is not known is refused', async () => {
  const { code, stderr } = await runCli(['completion', 'tcsh'], { cwd: '/' });
  expect(code).toBe(2);
  expect(stderr).toContain('bash, zsh, fish');
});
