import { ReportSchema } from '../../lib/report/report';
import { writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { runMain } from './run-main';

const create = testRepositories();
const COMMANDS = [
  'init',
  'plan',
  'merge',
  'run',
  'resume',
  'status',
  'merge-order',
  'schema',
  'report',
  'metrics',
  'cache stats',
  'cache clear',
  'doctor',
  'completion',
];

describe('lex-pr', () => {
  it('lists its commands with --help, and exits with 0', async () => {
    const { code, stdout, stderr } = await runMain(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command.split(' ')[0]} `, 'm'));
  });

  it('prints its version', async () => {
    expect(await runMain(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it.each(COMMANDS)('%s --help says how to use it, with an example', async (command) => {
    const { code, stdout, stderr } = await runMain([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: lex-pr ${command} `));
    expect(stdout).toMatch(new RegExp(`^Example:\\n {2}\\$ .*lex-pr ${command}`, 'm'));
  });

  it.each(COMMANDS.filter((command) => command !== 'completion'))('%s has --json', async (command) => {
    expect((await runMain([...command.split(' '), '--help'])).stdout).toMatch(/^ {2}--json /m);
  });

  it('without a command shows the help as an error', async () => {
    const { code, stdout, stderr } = await runMain([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: lex-pr');
  });

  it.each([
    ['an unknown command', ['mrge'], /unknown command 'mrge'/, /Did you mean merge\?/],
    [
      'an unknown option',
      ['merge', 'x', '--exceute'],
      /unknown option '--exceute'/,
      /Did you mean --execute\?/,
    ],
    ['a missing argument', ['merge'], /missing required argument 'plan'/, /lex-pr --help/],
    ['an argument too many', ['schema', 'x'], /too many arguments/, /lex-pr --help/],
    [
      'an unknown format',
      ['merge-order', 'x', '--format', 'svg'],
      /Allowed choices are text, mermaid/,
      /lex-pr --help/,
    ],
  ])('refuses %s with a hint, and exits with 2', async (_, args, message, hint) => {
    const { code, stdout, stderr } = await runMain(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(hint);

    const json = await runMain([...args, '--json']);
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(json.stdout)).toEqual({
      errors: [
        {
          code: 'usage',
          message: expect.stringMatching(message),
          file: null,
          path: null,
          line: null,
          column: null,
          hint: expect.stringMatching(hint),
        },
      ],
    });
  });

  it('refuses --json together with --format', async () => {
    const { code, stdout } = await runMain(['merge-order', 'x', '--format', 'mermaid', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).errors).toMatchObject([{ message: expect.stringContaining('cannot be used') }]);
  });

  it.each(['0', '-1', '1.5', 'many', '10000', '', '1e3'])('refuses --max-workers %j', async (count) => {
    for (const command of [['merge', 'x'], ['resume']]) {
      const { code, stderr } = await runMain([...command, `--max-workers=${count}`]);
      expect(code).toBe(2);
      expect(stderr).toContain('It must be a whole number from 1 to 9999.');
    }
  });

  it('--json prints the refusal of a plan as one document, with every place', async () => {
    const input = '{"schemaVersion":"v1","target":"main","itmes":[],\n "items":[{"name":"a","deps":["b"]}]}';
    const { code, stdout, stderr } = await runMain(['merge', '-', '--json'], { input });
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const { errors } = JSON.parse(stdout);
    expect(errors.length).toBeGreaterThan(1);
    for (const error of errors) {
      expect(Object.keys(error)).toEqual(['code', 'message', 'file', 'path', 'line', 'column', 'hint']);
      expect(error.file).toBe('<stdin>');
    }
    expect(errors).toContainEqual(
      expect.objectContaining({ code: 'unknown-dependency', path: 'items[0].deps[0]', line: 2 }),
    );
  });

  it('--json prints a run as one document on standard output, logs as JSON lines on standard error', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const plan = writePlan(repo, { items: [{ name: 'a' }] });
    const { code, stdout, stderr } = await runMain(['merge', plan, '--json'], { cwd: repo.path });
    expect(code).toBe(0);
    expect(ReportSchema.parse(JSON.parse(stdout)).status).toBe('merged');
    const lines = stderr
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(Object.keys(line)).toEqual(expect.arrayContaining(['time', 'level', 'event']));
  });
});
