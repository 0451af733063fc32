import { gateEnvironment, gatePath, inheritedEnvironment } from '../../lib/gates/environment';

it('inherits what describes the user and the place, and nothing else', () => {
  const inherited = {
    PATH: '/usr/bin:/bin',
    HOME: '/home/u',
    USER: 'u',
    LOGNAME: 'u',
    SHELL: '/bin/zsh',
    LANG: 'C.UTF-8',
    LC_TIME: 'de_DE',
    TZ: 'UTC',
    TMPDIR: '/var/tmp',
  };
  const secret = {
    AWS_PROFILE: 'p',
    GITHUB_TOKEN: 't',
    NODE_OPTIONS: '-r x',
    npm_lifecycle_event: 'test',
    SSH_AUTH_SOCK: '/s',
    GIT_DIR: '/g',
    LD_PRELOAD: '/l.so',
    path: '/lower',
    LEX_PR_TOKEN: 'ours',
  };
  expect(inheritedEnvironment({ ...inherited, ...secret, TERM: 'xterm', CI: undefined })).toEqual({
    ...inherited,
    TERM: 'dumb',
    CI: 'true',
  });
});

it('lets the engine override what is inherited, and the gate both', () => {
  const environment = gateEnvironment(
    inheritedEnvironment({ PATH: '/bin', HOME: '/home/u' }),
    { HOME: '/engine', LEX_PR_ITEM: 'a' },
    { LEX_PR_ITEM: 'mine', CI: '', PATH: 'bin' },
  );
  expect(environment).toEqual({ PATH: 'bin', HOME: '/engine', TERM: 'dumb', CI: '', LEX_PR_ITEM: 'mine' });
});

it('drops empty and relative entries of PATH only', () => {
  const { PATH } = inheritedEnvironment({ PATH: ':/a/node_modules/.bin:.:bin::/usr/bin:' });
  expect(PATH).toBe('/a/node_modules/.bin:/usr/bin');
});

describe('the search path of gates', () => {
  const npm = '/lex-pr/node_modules/.bin:/node_modules/.bin:/npm/run-script/lib/node-gyp-bin';

  it('loses what npm has put before it', () => {
    const ours = { PATH: `${npm}:/usr/bin:/home/me/node_modules/.bin`, npm_lifecycle_event: 'cli' };
    expect(gatePath(ours)).toBe('/usr/bin:/home/me/node_modules/.bin');
  });

  it('is left alone where npm has not started us', () => {
    expect(gatePath({ PATH: `${npm}:/usr/bin` })).toBe(`${npm}:/usr/bin`);
    expect(gatePath({ PATH: '/usr/bin:/bin', npm_lifecycle_event: 'cli' })).toBe('/usr/bin:/bin');
  });
});
