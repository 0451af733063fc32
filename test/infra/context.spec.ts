import { Stack } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RootConstruct } from 'constructs';
import { InputError } from '../../lib/errors';
import { pyramidProps, readContext } from '../../lib/infra/context';
import { settingsOf } from '../../lib/infra/settings';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf';
const ACCESS = { repositorySecretArn: SECRET, repositories: 'https://git.example/ours/' };

function read(context: object) {
  // An app would make a folder.
  const { node } = new RootConstruct();
  for (const [name, value] of Object.entries(context)) node.setContext(name, value);
  return readContext(node);
}

/** The settings that a context comes to. */
const settings = (context: object) =>
  settingsOf(pyramidProps(read(context), new Stack(new RootConstruct(), 'S')));

function problems(context: object): string[] {
  try {
    read(context);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ message }) => message);
  }
}

it('nothing given is all defaults', () => {
  expect(read({})).toEqual({ stack: 'LexPr' });
  expect(settings({})).toEqual(settingsOf({}));
});

it('what is given on the command line, all of it text, is what the construct is made with', () => {
  const given = {
    stack: 'Mine',
    functions: 'zip',
    architecture: 'x86_64',
    believeSharedPasses: 'yes',
    maxWorkers: '12',
    retentionDays: '5',
    removal: 'destroy',
    rotateAfterEvents: '300',
    logLevel: 'debug',
    jwtIssuer: 'https://login.example/',
    jwtAudience: 'lex-pr,ci',
    ...ACCESS,
  };
  expect(read(given).stack).toBe('Mine');
  const made = settings(given);
  expect(made).toMatchObject({
    functions: 'zip',
    believeSharedPasses: true,
    maxWorkers: 12,
    rotateAfterEvents: 300,
    logLevel: 'debug',
    removalPolicy: 'destroy',
  });
  expect(made.jwt).toEqual({ issuer: 'https://login.example/', audience: ['lex-pr', 'ci'] });
  expect([made.architecture, made.retention.toDays()]).toEqual([Architecture.X86_64, 5]);
  expect(made.repositoryAccess).toMatchObject({ repositories: ACCESS.repositories });
  expect(made.repositoryAccess!.secret.secretArn).toBe(SECRET);
});

it.each([
  ['stack', '1'],
  ['stack', 'a b'],
  ['functions', 'images'],
  ['architecture', 'arm'],
  ['maxWorkers', '0'],
  ['maxWorkers', '2001'],
  ['maxWorkers', 'many'],
  ['maxWorkers', '1.5'],
  ['maxWorkers', ''],
  ['retentionDays', '0'],
  ['retentionDays', '3651'],
  ['rotateAfterEvents', '99'],
  ['rotateAfterEvents', '20001'],
  ['removal', 'delete'],
  ['logLevel', 'loud'],
])('-c %s=%s is refused by name', (name, value) => {
  const [problem, ...others] = problems({ [name]: value });
  expect(problem).toMatch(new RegExp(`^-c ${name} is `));
  expect(others).toEqual([]);
});

it.each([
  ['a name instead of an ARN', { ...ACCESS, repositorySecretArn: 'token' }, 'repositorySecretArn'],
  ['an ARN without its end', { ...ACCESS, repositorySecretArn: SECRET.slice(0, -7) }, 'repositorySecretArn'],
  ['a secret without repositories', { repositorySecretArn: SECRET }, 'repositorySecretArn'],
  ['repositories without a secret', { repositories: ACCESS.repositories }, 'repositorySecretArn'],
  ['an issuer without an audience', { jwtIssuer: 'https://login.example/' }, 'jwtIssuer'],
  ['an audience without an issuer', { jwtAudience: 'ci' }, 'jwtIssuer'],
  ['an issuer without TLS', { jwtIssuer: 'http://login.example/', jwtAudience: 'ci' }, 'jwtIssuer'],
  ['repositories by ssh', { ...ACCESS, repositories: 'git@git.example:ours' }, 'repositories'],
])('%s is refused', (_, context, name) => {
  expect(problems(context)).toEqual([expect.stringMatching(new RegExp(`^-c ${name} `))]);
});

it('everything that is wrong is said at once', () => {
  const wrong = problems({
    stack: '1',
    functions: 'x',
    architecture: 'x',
    maxWorkers: 'x',
    retentionDays: 'x',
    removal: 'x',
    rotateAfterEvents: 'x',
    logLevel: 'x',
    repositories: 'http://git.example/',
    jwtIssuer: 'x',
  });
  expect(wrong.map((message) => message.split(' ')[1]).sort()).toEqual([
    'architecture',
    'functions',
    'jwtIssuer',
    'jwtIssuer',
    'logLevel',
    'maxWorkers',
    'removal',
    'repositories',
    'repositorySecretArn',
    'retentionDays',
    'rotateAfterEvents',
    'stack',
  ]);
});
