import { Command, InvalidArgumentError, Option } from 'commander';
import { npmArguments } from '../../lib/cli/npm-arguments';
import { InputError } from '../../lib/errors';

/** Options of every kind there is; what the commands of lex-pr are like is another test. */
function program(): Command {
  const lexPr = new Command('lex-pr');
  lexPr
    .command('merge <plan>')
    .option('--execute')
    .option('--json')
    .option('--artifact-dir <folder>')
    .option('--stack <name>')
    .addOption(new Option('--engine <engine>').choices(['local', 'aws']))
    .addOption(new Option('--log-format <format>').choices(['human', 'json']))
    .addOption(
      new Option('--max-workers <n>').argParser((text) => {
        if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a number');
        return Number(text);
      }),
    );
  lexPr
    .command('resume [run]')
    .option('--artifact-dir <folder>')
    .addOption(new Option('--engine <engine>').choices(['local', 'aws']));
  lexPr
    .command('plan')
    .option('--out <folder>')
    .option('--branches <glob>')
    .option('--target <branch>')
    .option('--json')
    .option('--gate <name=cmd>', 'repeatable', (value, all: readonly string[]) => [...all, value], []);
  lexPr.command('cache').command('stats').option('--json');
  return lexPr;
}

const FILES = ['plan.json', 'other.json'];

/** @param config what npm made of the flags, by name */
function under(argv: readonly string[], config: Readonly<Record<string, string>> = {}) {
  const settings = Object.entries(config).map(([name, value]) => [
    `npm_config_${name.replaceAll('-', '_')}`,
    value,
  ]);
  const env = {
    npm_lifecycle_event: 'cli',
    npm_package_name: 'lex-pr',
    npm_config_user_agent: 'npm/11',
    npm_config_local_prefix: '/here',
    npm_config_json_file: 'x',
    NPM_CONFIG_SASS_BINARY_SITE: 'x',
    npm_config_sass_binary_site: 'x',
    ...Object.fromEntries(settings),
  };
  return npmArguments(
    argv,
    env,
    program(),
    (path) => FILES.includes(path),
    (path) => (path === '/here/.npmrc' ? '; comment\njson_file = x\ndisturl=y\n' : undefined),
  );
}

const refusal = (argv: readonly string[], config: Readonly<Record<string, string>>) => {
  try {
    return under(argv, config).join(' ');
  } catch (error) {
    if (error instanceof InputError) return error.problems[0]!;
    throw error;
  }
};

describe('arguments under npm run cli', () => {
  it.each<[string, string[], Record<string, string>, string[]]>([
    [
      'merge plan.json --execute --artifact-dir out',
      ['merge', 'plan.json', 'out'],
      { execute: 'true', 'artifact-dir': 'true' },
      ['merge', 'plan.json', '--execute', '--artifact-dir=out'],
    ],
    [
      'merge --artifact-dir out plan.json',
      ['merge', 'out', 'plan.json'],
      { 'artifact-dir': 'true' },
      ['merge', 'plan.json', '--artifact-dir=out'],
    ],
    [
      'merge plan.json --artifact-dir=out',
      ['merge', 'plan.json'],
      { 'artifact-dir': 'out' },
      ['merge', 'plan.json', '--artifact-dir=out'],
    ],
    [
      'merge plan.json --log-format json --max-workers 3 --artifact-dir out',
      ['merge', 'plan.json', 'json', '3', 'out'],
      { 'log-format': 'true', 'max-workers': 'true', 'artifact-dir': 'true' },
      ['merge', 'plan.json', '--log-format=json', '--max-workers=3', '--artifact-dir=out'],
    ],
    [
      'merge - --artifact-dir out',
      ['merge', '-', 'out'],
      { 'artifact-dir': 'true' },
      ['merge', '-', '--artifact-dir=out'],
    ],
    [
      'merge plan.json --no-execute --no-json',
      ['merge', 'plan.json'],
      { execute: '', json: '' },
      ['merge', 'plan.json'],
    ],
    ['plan --out X --json', ['plan', 'X'], { out: 'true', json: 'true' }, ['plan', '--json', '--out=X']],
    [
      "plan --gate 'test=npm test' --gate lint=x",
      ['plan', 'test=npm test', 'lint=x'],
      { gate: 'true\n\ntrue' },
      ['plan', '--gate=test=npm test', '--gate=lint=x'],
    ],
    [
      'resume --artifact-dir out',
      ['resume', 'out'],
      { 'artifact-dir': 'true' },
      ['resume', '--artifact-dir=out'],
    ],
    [
      'resume 20260131-235959-1a2b --artifact-dir out',
      ['resume', '20260131-235959-1a2b', 'out'],
      { 'artifact-dir': 'true' },
      ['resume', '20260131-235959-1a2b', '--artifact-dir=out'],
    ],
    [
      'merge plan.json --engine aws --stack X, where npm takes --engine for its --engine-strict',
      ['merge', 'plan.json', 'aws', 'X'],
      { 'engine-strict': 'true', stack: 'true' },
      ['merge', 'plan.json', '--engine=aws', '--stack=X'],
    ],
    [
      'merge plan.json --engine=aws --stack=X',
      ['merge', 'plan.json', 'aws'],
      { 'engine-strict': 'true', stack: 'X' },
      ['merge', 'plan.json', '--stack=X', '--engine=aws'],
    ],
    [
      'resume 20260131-235959-1a2b-0123abcd --engine aws',
      ['resume', '20260131-235959-1a2b-0123abcd', 'aws'],
      { 'engine-strict': 'true' },
      ['resume', '20260131-235959-1a2b-0123abcd', '--engine=aws'],
    ],
    [
      'merge plan.json, where engine-strict is a setting of npm',
      ['merge', 'plan.json'],
      { 'engine-strict': 'true' },
      ['merge', 'plan.json'],
    ],
    [
      '-- merge plan.json --engine local, where engine-strict is a setting of npm',
      ['merge', 'plan.json', '--engine', 'local'],
      { 'engine-strict': 'true' },
      ['merge', 'plan.json', '--engine', 'local'],
    ],
    ['cache stats --json', ['cache', 'stats'], { json: 'true' }, ['cache', 'stats', '--json']],
    [
      'merge plan.json --execute -- --json',
      ['merge', 'plan.json', '--json'],
      { execute: 'true' },
      ['merge', '--execute', 'plan.json', '--json'],
    ],
    [
      '-- plan --target main, where another tool has set npm_config_target and npm_config_json',
      ['plan', '--target', 'main', '--json'],
      { target: '9.9.9', json: 'true' },
      ['plan', '--target', 'main', '--json'],
    ],
    [
      '-- plan --target=main -- --json, the latter a word',
      ['plan', '--target=main', '--', '--json'],
      { target: '9.9.9', json: 'true' },
      ['plan', '--json', '--target=main', '--', '--json'],
    ],
    ['-- --version', ['--version'], {}, ['--version']],
    ['merge nosuch.json', ['merge', 'nosuch.json'], {}, ['merge', 'nosuch.json']],
    ['mrege plan.json', ['mrege', 'plan.json'], {}, ['mrege', 'plan.json']],
  ])('are what was typed: %s', (_, argv, config, expected) => expect(under(argv, config)).toEqual(expected));

  it.each<[string, string[], Record<string, string>]>([
    ['a value that is not there', ['merge', 'plan.json'], { 'artifact-dir': 'true' }],
    ['an empty value', ['merge', 'plan.json'], { 'artifact-dir': '' }],
    ['two values that fit both ways', ['plan', 'a', 'b'], { branches: 'true', target: 'true' }],
    ['two plans', ['merge', 'plan.json', 'other.json'], { 'artifact-dir': 'true' }],
    ['a plan that is no file', ['merge', 'nosuch.json', 'out'], { 'artifact-dir': 'true' }],
    [
      'an --engine and a folder that both may be values of other options',
      ['merge', 'plan.json', 'aws', 'X', 'out'],
      { 'engine-strict': 'true', stack: 'true', 'artifact-dir': 'true' },
    ],
    ['an engine that there is not', ['merge', 'plan.json', 'azure'], { 'engine-strict': 'true' }],
    ['a word too many, of a flag that npm expanded to its own', ['merge', 'plan.json', 'local'], {}],
    ['several values given with =', ['plan'], { gate: 'a=1\n\nb=2' }],
    ['a switch with a value', ['merge', 'plan.json'], { execute: 'yes' }],
    ['values on both sides of --', ['merge', 'plan.json', 'out', '--json'], { 'artifact-dir': 'true' }],
    ['options before the command', ['out', 'merge', 'plan.json'], { 'artifact-dir': 'true' }],
  ])('are refused, naming the form with --: %s', (_, argv, config) =>
    expect(refusal(argv, config)).toMatchObject({
      code: 'npm-arguments',
      hint: expect.stringContaining('npm run cli -- '),
    }),
  );

  it('are refused where the plan is not there, and that is said', () => {
    const words = ['merge', 'nosuch.json', 'json'];
    expect(refusal(words, { 'log-format': 'true' })).toMatchObject({
      message: expect.stringContaining('none of "nosuch.json", "json" is the file of a plan'),
    });
  });

  it('are refused where a flag is misspelt, which npm lets pass', () => {
    expect(refusal(['merge', 'plan.json'], { exectue: 'true' })).toMatchObject({
      message: 'unknown option --exectue for merge',
      hint: expect.stringMatching(/^did you mean --execute\?\n.*npm run cli -- merge …\n/),
    });
  });

  it.each([
    ['npm has it, and we do not', 'dry-run', 'true', 'without --execute it is a dry run'],
    ['another command has it', 'target', 'release', 'with -- before'],
    ['nobody has it', 'gates-only', 'true', 'with -- before'],
    ['it abbreviates one', 'exec', 'true', 'did you mean --execute?'],
    ['it is short and nearly one', 'jsno', 'true', 'with -- before'],
    ['it is one with a letter more', 'stacks', 'x', 'did you mean --stack?'],
  ])('are refused with a flag that the command does not have: %s', (_, name, value, hint) => {
    for (const words of [
      ['merge', 'plan.json'],
      ['merge', 'plan.json', 'out'],
    ])
      expect(refusal(words, { execute: 'true', [name]: value, 'artifact-dir': 'true' })).toMatchObject({
        code: 'usage',
        message: `unknown option --${name} for merge`,
        hint: expect.stringContaining(hint),
      });
    expect(refusal(['plan'], { gates: 'x=y' })).toMatchObject({
      hint: expect.stringMatching('did you mean --gate?'),
    });
  });

  it('take settings of npm, of an .npmrc or of the environment for what they are', () => {
    const settings = {
      'foreground-scripts': 'true',
      disturl: 'y',
      registry: 'x',
      'node-gyp': 'x',
      'dry-run': 'false',
    };
    expect(under(['merge', 'plan.json'], settings)).toEqual(['merge', 'plan.json']);
  });

  it.each([
    ['directly', {}],
    ['by npx', { npm_lifecycle_event: 'npx', npm_package_name: 'lex-pr' }],
    ['by another script', { npm_lifecycle_event: 'test', npm_package_name: 'lex-pr' }],
    ['by the script `cli` of another package', { npm_lifecycle_event: 'cli', npm_package_name: 'other' }],
  ])('are left alone when lex-pr is called %s', (_, env) => {
    const argv = ['merge', 'plan.json'];
    expect(
      npmArguments(
        argv,
        { npm_config_execute: 'true', ...env },
        program(),
        () => true,
        () => undefined,
      ),
    ).toBe(argv);
  });
});
