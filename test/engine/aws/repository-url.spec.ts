import { isInScope, repositoryUrl } from '../../../lib/engine/aws/repository-url';
import type { InputError } from '../../../lib/errors';

function refusal(repository: string, allowHttp?: boolean) {
  try {
    repositoryUrl(repository, allowHttp);
  } catch (error) {
    return (error as InputError).problems[0]!;
  }
  throw new Error(`${repository} was taken`);
}

describe('the URL of a repository', () => {
  it.each([
    ['https://github.com/org/repo.git', 'https://github.com/org/repo.git'],
    ['HTTPS://GitHub.COM:443/org/../org/./repo', 'https://github.com/org/repo'],
    ['https://host:8443/a%20b', 'https://host:8443/a%20b'],
    ['http://127.0.0.1:3000/repo', 'http://127.0.0.1:3000/repo'],
    ['http://localhost/repo', 'http://localhost/repo'],
    ['http://[::1]/repo', 'http://[::1]/repo'],
  ])('%s is %s', (given, normal) => {
    expect(repositoryUrl(given)).toBe(normal);
    expect(repositoryUrl(normal)).toBe(normal);
  });

  it('may be of HTTP to another machine only where that is asked for', () => {
    expect(refusal('http://host/repo').message).toContain('unencrypted');
    expect(repositoryUrl('http://host/repo', true)).toBe('http://host/repo');
  });

  it.each([
    ['git@github.com:org/repo.git', 'write https://github.com/org/repo.git'],
    ['ssh://git@host:2222/org/repo', 'write https://host/org/repo'],
    ['github.com:org/repo', 'write https://github.com/org/repo'],
    ['/srv/git/repo', 'name a repository that can be reached by https://'],
    ['file:///srv/git/repo', 'name a repository that can be reached by https://'],
    ['git://host/repo', 'name a repository that can be reached by https://'],
    ['ext::sh -c id', 'name a repository that can be reached by https://'],
    ['https://', 'name a repository that can be reached by https://'],
    ['', 'name a repository that can be reached by https://'],
  ])('is not %p', (given, hint) => {
    expect(refusal(given)).toMatchObject({ code: 'repository-url', hint });
  });

  it.each([
    'https://name:s3cret@host/repo',
    'https://s3cret@host/repo',
    'https://host/repo?token=s3cret',
    'https://host/repo#s3cret',
    'ftp://name:s3cret@host/repo',
    'ssh://name:s3cret@host/repo',
  ])('holds no token, and the refusal does not repeat it: %s', (given) => {
    const problem = refusal(given);
    expect(JSON.stringify(problem)).not.toContain('s3cret');
    expect(problem.code).toBe('repository-url');
  });

  it.each(['https://host/ours/..%2Ftheirs', 'https://host/ours/..%5ctheirs'])(
    'hides no slash: %s',
    (given) => {
      expect(refusal(given)).toMatchObject({ code: 'repository-url' });
    },
  );
});

describe('the scope of a secret', () => {
  it.each([
    ['https://host/org/repo', 'https://host/org/', true],
    ['https://host/org/repo', 'https://host/org', true],
    ['https://host/org/repo', 'https://HOST:443', true],
    ['https://host/org/deep/repo', 'https://host/org/', true],
    ['https://host/organisation/repo', 'https://host/org', false],
    ['https://host/other/repo', 'https://host/org/', false],
    ['https://host/org/../other/repo', 'https://host/org/', false],
    ['https://host/org/%2e%2e/other/repo', 'https://host/org/', false],
    ['https://host.evil/org/repo', 'https://host', false],
    ['https://evil/https://host/org/repo', 'https://host/org/', false],
    ['https://host:8443/org/repo', 'https://host/org/', false],
    ['http://localhost/org/repo', 'https://localhost/org/', false],
  ])('%s is in %s: %p', (url, scope, expected) => {
    expect(isInScope(repositoryUrl(url), scope)).toBe(expected);
  });
});
