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
  'cache list',
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

  it.each(COMMANDS)('%s has --json', async (command) => {
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
    ['what others call a command', ['abort'], /unknown command 'abort'/, /Did you mean cancel\?/],
    ['a short option', ['logs', '-f'], /unknown option '-f'/, /Did you mean --follow\?/],
    ['watching logs', ['logs', '--watch'], /unknown option '--watch'/, /Did you mean --follow\?/],
    ['watching', ['status', '--watch'], /unknown option '--watch'/, /lex-pr logs --follow/],
    ['silence', ['merge', 'x', '--quiet'], /unknown option '--quiet'/, /2>\/dev\/null/],
    ['a missing argument', ['merge'], /missing required argument 'plan'/, /see lex-pr merge --help/],
    ['an argument too many', ['schema', 'x'], /too many arguments/, /see lex-pr schema --help/],
    [
      'an option of a command of a command',
      ['cache', 'stats', '--x'],
      /unknown option '--x'/,
      /see lex-pr cache stats --help/,
    ],
    [
      'what others call a dry run',
      ['merge', 'x', '--dry-run'],
      /unknown option '--dry-run'/,
      /without --execute it is a dry run/,
    ],
    [
      'telling nobody',
      ['run', 'x', '--share-passes'],
      /--share-passes needs a stack/,
      /name it by --shared-cache/,
    ],
    [
      'a shared cache of runs on AWS',
      ['run', 'x', '--engine', 'aws', '--stack', 'S', '--shared-cache', 'S'],
      /--shared-cache is for the local engine/,
      /always use the cache of their stack/,
    ],
    [
      'a shared cache that is no stack',
      ['resume', '--shared-cache', 'a b'],
      /It must be the name of a stack/,
      /see lex-pr resume --help/,
    ],
    [
      'an unknown format',
      ['merge-order', 'x', '--format', 'svg'],
      /Allowed choices are text, mermaid/,
      /see lex-pr merge-order --help/,
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

  it('refuses a level of logs that there is not, whatever the command, but shows its help', async () => {
    const env = { LEX_PR_LOG_LEVEL: 'verbose' };
    const refused = await runMain(['schema', '--json'], { env });
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout).errors).toMatchObject([
      { message: 'LEX_PR_LOG_LEVEL is "verbose"', hint: 'it can be one of: debug, info, warn, error' },
    ]);
    expect((await runMain(['schema', '--help'], { env })).code).toBe(0);
    for (const level of ['', 'warn'])
      expect((await runMain(['schema'], { env: { LEX_PR_LOG_LEVEL: level } })).code).toBe(0);
  });

  it('refuses --json together with --format', async () => {
    const { code, stdout } = await runMain(['merge-order', 'x', '--format', 'mermaid', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).errors).toMatchObject([{ message: expect.stringContaining('cannot be used') }]);
  });

  it.each(['0', '-1', '1.5', 'many', '10001', '99999', '', '1e3'])(
    'refuses --max-workers %j',
    async (count) => {
      for (const command of [['merge', 'x'], ['resume']]) {
        const { code, stderr } = await runMain([...command, `--max-workers=${count}`]);
        expect(code).toBe(2);
        expect(stderr).toContain('It must be a whole number from 1 to 10000, or auto.');
      }
    },
  );

  it('takes as many workers as a plan may ask for', async () => {
    const input = JSON.stringify({
      schemaVersion: 'v1',
      target: 'main',
      items: [],
      policy: { maxWorkers: 10_000 },
    });
    const repo = create();
    const { code } = await runMain(['run', '-', '--max-workers', '10000'], { cwd: repo.path, input });
    expect(code).toBe(0);
  });

  it.each([
    ['merge', 'x', '--artifact-dir'],
    ['run', 'x', '--artifact-dir'],
    ['resume', '--artifact-dir'],
    ['plan', '--out'],
  ])('refuses an empty folder, as of a variable that is not set: %s %s %s', async (...args) => {
    const repo = create();
    const { code, stderr } = await runMain([...args, ''], { cwd: repo.path });
    expect(code).toBe(2);
    expect(stderr).toContain('It must name a folder.');
    expect(repo.git('status', '--porcelain')).toBe('');
  });

  it.each([
    [['merge', 'nosuch.json', '--log-format', 'json']],
    [['run', 'nosuch.json', '--log-format=json']],
    [['merge', 'nosuch.json', '--log-format=json', '--bogus']],
    [['--json', 'merge', 'nosuch.json']],
  ])('refuses in JSON whoever asked for JSON: %j', async (args) => {
    const { code, stdout, stderr } = await runMain(args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout).errors).toHaveLength(1);
  });

  it('refuses in words where --json is but the name of a file', async () => {
    const { stdout, stderr } = await runMain(['merge', '--', '--json']);
    expect({ stdout, stderr }).toEqual({
      stdout: '',
      stderr: expect.stringContaining('--json: no such file'),
    });
  });

  it('refuses in JSON under npm, which keeps --json for itself', async () => {
    const env = { npm_lifecycle_event: 'cli', npm_package_name: 'lex-pr', npm_config_json: 'true' };
    for (const more of [{}, { npm_config_artifact_dir: 'true' }]) {
      const { code, stdout, stderr } = await runMain(['merge', 'nosuch.json'], { env: { ...env, ...more } });
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
      expect(JSON.parse(stdout).errors).toHaveLength(1);
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

  it('tells of the heads of a large plan as they are found, in twenty lines at most', async () => {
    const repo = create();
    const names = Array.from({ length: 90 }, (_, at) => ({ name: `b${at}` }));
    repo.branches(names);
    const performance = { batchSize: 1 };
    const plan = writePlan(repo, { gates: [], items: names, policy: { ungated: 'allow', performance } });
    const { stderr } = await runMain(['run', plan, '--json'], { cwd: repo.path });
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const found = lines.filter(({ event }) => event === 'heads').map((line) => line.found);
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThanOrEqual(20);
    expect(found.at(-1)).toBe(90);
  });
});
