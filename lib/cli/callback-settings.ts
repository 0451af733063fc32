import type { CallbackSettings } from '../engine/checks';
import { InputError, type Problem } from '../errors';

/**
 * Where answers of checks that run elsewhere come in, from the environment.
 * @throws InputError for a port or URL that is none
 */
export function callbackSettings(env: Readonly<Record<string, string | undefined>>): CallbackSettings {
  const { LEX_PR_CALLBACK_PORT: port = '', LEX_PR_CALLBACK_BASE_URL: url = '' } = env;
  const problems: Problem[] = [];
  if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    problems.push({
      code: 'invalid-environment',
      message: `LEX_PR_CALLBACK_PORT: ${JSON.stringify(port)} is no port`,
      hint: 'give a number from 1 to 65535, or leave it out for any that is free',
    });
  if (url !== '' && !isBase(url))
    problems.push({
      code: 'invalid-environment',
      message: `LEX_PR_CALLBACK_BASE_URL: ${JSON.stringify(url)} is no http or https URL without a query`,
      hint: 'give what leads to LEX_PR_CALLBACK_PORT of this machine, such as https://host.example',
    });
  if (url !== '' && port === '')
    problems.push({
      code: 'invalid-environment',
      message: 'LEX_PR_CALLBACK_BASE_URL needs a port that it leads to',
      hint: 'set LEX_PR_CALLBACK_PORT as well',
    });
  if (problems.length > 0) throw new InputError(problems);
  return {
    port: port === '' ? undefined : Number(port),
    baseUrl: url === '' ? undefined : url.replace(/\/+$/, ''),
  };
}

function isBase(text: string): boolean {
  const url = URL.parse(text);
  return (
    /^https?:$/.test(url?.protocol ?? '') && url?.search === '' && url.hash === '' && !/[\s?#]/.test(text)
  );
}
