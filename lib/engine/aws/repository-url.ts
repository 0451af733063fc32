import { type InputError, refuse } from '../../errors';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * A repository's URL in its normal form, as it is compared with the scope of a secret and given to git.
 * @param allowHttp also take `http:` to other machines
 * @throws InputError for anything but HTTPS: only that is reached from a function, with a token
 */
export function repositoryUrl(repository: string, allowHttp = false): string {
  const url = /^https?:\/\//i.test(repository) && URL.canParse(repository) ? new URL(repository) : undefined;
  if (url === undefined) throw unsupported(repository);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    const plain = `${url.origin}${url.pathname}`;
    throw refuse(
      'repository-url',
      `the URL of the repository holds more than a place: ${plain}`,
      `write ${plain}; name and token belong into the secret of the stack`,
    );
  }
  // A host that decodes them first would leave the scope of the secret: `…/ours/..%2Ftheirs`.
  if (/%(2f|5c)/i.test(url.pathname))
    throw refuse('repository-url', `${url.href} hides a slash in its path`, 'write the path as it is');
  if (url.protocol === 'http:' && !allowHttp && !LOOPBACK.has(url.hostname))
    throw refuse('repository-url', `${url.href} would send the token unencrypted`, 'use https://');
  return url.href;
}

/** Whether a secret is meant for a repository: whole path segments count. @param url in its normal form */
export function isInScope(url: string, scope: string): boolean {
  const { href } = new URL(scope);
  return url.startsWith(href.endsWith('/') ? href : `${href}/`);
}

/** Says how to write what ssh would reach. */
function unsupported(repository: string): InputError {
  const ssh = /^(?:ssh:\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/|(?:[^@/]*@)?([^/:]+):(?!\/\/|:))(.+)$/.exec(
    repository,
  );
  const [, host = ssh?.[2], , path = ''] = ssh ?? [];
  const hint =
    host === undefined
      ? 'name a repository that can be reached by https://'
      : `write https://${host}/${path.replace(/^\/+/, '')}`;
  // A password in a URL is not repeated.
  const shown = repository.replace(/:\/\/[^/@\s]*@/, '://');
  return refuse('repository-url', `the aws engine reaches repositories by HTTPS only, not ${shown}`, hint);
}
