import { resolve } from 'node:path';

/** A URL with a scheme, or git's short form for ssh: a host, and a colon before any slash. */
const REMOTE = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|[^/:-][^/:]*:)/;

/** Where a plan's repository is: a URL as it is, a path made absolute from the given folder. */
export function repositoryLocation(repository: string, folder: string): string {
  return REMOTE.test(repository) ? repository : resolve(folder, repository);
}
