import { createCredentials, parseSecret } from '../../../lib/engine/aws/credentials';
import { InputError } from '../../../lib/errors';

const NAME = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:git-AbCdEf';

describe('a secret', () => {
  it.each([
    ['ghp_token', 'x-access-token', 'ghp_token'],
    ['  ghp_token\n', 'x-access-token', 'ghp_token'],
    ['{"token": "t"}', 'x-access-token', 't'],
    ['{"username": "oauth2", "token": "t"}', 'oauth2', 't'],
    ['{"username": "me", "password": "p:w/%20 ü\\""}', 'me', 'p:w/%20 ü"'],
  ])('%p is a login', (secret, username, password) => {
    expect(parseSecret(NAME, secret)).toEqual({ username, password });
  });

  it.each([
    '',
    ' \n',
    '{}',
    '{"token": ""}',
    '{"token": 5}',
    '{"token": "s3cret\\nhost=evil"}',
    '{"username": "a\\u0000", "token": "s3cret"}',
    '{"token": "s3cret\\ud800"}',
    '{"username": "a:b", "token": "s3cret"}',
    '{"s3cret": "s3cret"}',
    '{"token": "s3cret"',
    '{"token": s3cret}',
    's3cret\nand another line',
  ])('%p is refused by its name, and not repeated', (secret) => {
    const error = (() => {
      try {
        return parseSecret(NAME, secret);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(InputError);
    const { problems, stack, cause } = error as InputError;
    expect(problems).toMatchObject([{ code: 'bad-secret', message: expect.stringContaining(NAME) }]);
    expect(`${JSON.stringify(problems)}${stack}${cause}`).not.toContain('s3cret');
  });
});

describe('credentials', () => {
  it('are read when they are first needed, and once', async () => {
    let reads = 0;
    const credentials = createCredentials(NAME, 'https://host/', async () => {
      reads += 1;
      return `token-${reads}`;
    });
    expect(reads).toBe(0);
    expect((await credentials.current()).password).toBe('token-1');
    expect((await credentials.current()).password).toBe('token-1');
    expect(reads).toBe(1);
  });

  it('are read anew on demand, which tells whether they have changed', async () => {
    let secret = 'one';
    const credentials = createCredentials(NAME, 'https://host/', async () => secret);
    await credentials.current();
    expect(await credentials.refresh()).toBe(false);
    secret = '{"username": "other", "token": "one"}';
    expect(await credentials.refresh()).toBe(true);
    expect(await credentials.current()).toEqual({ username: 'other', password: 'one' });
    secret = 'two';
    expect(await credentials.refresh()).toBe(true);
    expect(await credentials.refresh()).toBe(false);
  });

  it('that could not be read are read again', async () => {
    let fails = true;
    const credentials = createCredentials(NAME, 'https://host/', async () => {
      if (fails) throw new Error('throttled');
      return 'token';
    });
    await expect(credentials.current()).rejects.toThrow('throttled');
    fails = false;
    expect((await credentials.current()).password).toBe('token');
  });
});
