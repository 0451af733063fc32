import { Fault, InputError, refuse } from '../../errors';

/**
 * What the AWS SDK throws, in words and with what is to be done.
 * @returns InputError where the caller's access is at fault (credentials, region, stack), else Fault
 */
export function explainAwsError(error: unknown, stack: string): InputError | Fault {
  if (error instanceof InputError || error instanceof Fault) return error;
  const { name, message: text, code } = error as Error & { readonly code?: string };
  const message = text === '' ? (code ?? name) : text;
  const found = KINDS.find(({ pattern }) => pattern.test(`${name}: ${message}`));
  if (found !== undefined) return found.explain(message, stack);
  const hint = 'check the network, and try again';
  return new Fault({ code: 'aws-fault', message: `AWS could not be asked: ${name}: ${message}`, hint });
}

interface Kind {
  /** On `name: message`. */
  readonly pattern: RegExp;
  readonly explain: (message: string, stack: string) => InputError | Fault;
}

const KINDS: readonly Kind[] = [
  {
    pattern: /^\w*(Credentials?|Token)ProviderError:/,
    explain: (message) =>
      refuse(
        'no-credentials',
        `there are no credentials for AWS: ${message}`,
        '`aws sso login` or `aws configure` brings some; AWS_PROFILE says which ones are meant',
      ),
  },
  {
    // An empty AWS_REGION is not accepted.
    pattern: /: Region (is missing|not accepted)/,
    explain: () =>
      refuse('no-region', 'it is not known in which region the stack is', 'set AWS_REGION or AWS_PROFILE'),
  },
  {
    pattern:
      /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|OptInRequired)\w*:/,
    explain: (message) =>
      refuse(
        'bad-credentials',
        `AWS does not take your credentials: ${message}`,
        'renew them, for example by `aws sso login`; AWS_PROFILE says which ones are meant',
      ),
  },
  {
    pattern: /^AccessDenied\w*:/,
    explain: (message) =>
      refuse(
        'access-denied',
        `your credentials do not allow this: ${message}`,
        'they need cloudformation:DescribeStacks on the stack, and lambda:InvokeFunction on its control function',
      ),
  },
  {
    pattern: /^ValidationError: .*does not exist/,
    explain: (_, stack) =>
      refuse(
        'no-stack',
        `there is no stack ${stack} in this account and region`,
        'check --stack, AWS_REGION and AWS_PROFILE; docs/deploy.md says how to make one',
      ),
  },
  {
    pattern: /^ResourceNotFoundException:/,
    explain: (_, stack) =>
      refuse('no-stack', `the control function of stack ${stack} is gone`, 'deploy the stack again'),
  },
  {
    pattern: /^(\w*Throttl\w*|TooManyRequests\w*|RequestLimitExceeded):/,
    explain: (message) =>
      new Fault({
        code: 'aws-throttled',
        message: `AWS has too much to do: ${message}`,
        hint: 'try again in a while; what was submitted goes on',
      }),
  },
];
