import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readSecret } from '../../../lib/engine/aws/read-secret';
import { InputError } from '../../../lib/errors';

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:git-AbCdEf';
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A client of a service on 127.0.0.1 that gives one answer. */
async function clientOf(status: number, body: object): Promise<SecretsManagerClient> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new SecretsManagerClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  closing.push(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });
  return client;
}

describe('reading a secret', () => {
  it('gives its text', async () => {
    expect(await readSecret(await clientOf(200, { SecretString: '{"token": "t"}' }), ARN)).toBe(
      '{"token": "t"}',
    );
    // One of bytes has none, and is refused as no login.
    expect(await readSecret(await clientOf(200, { SecretBinary: 'AAAA' }), ARN)).toBe('');
  });

  it.each([
    'ResourceNotFoundException',
    'AccessDeniedException',
    'DecryptionFailure',
    'InvalidRequestException',
  ])('names a secret that cannot be read: %s', async (__type) => {
    const error = await readSecret(await clientOf(400, { __type, message: 'not this one' }), ARN).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).problems).toMatchObject([
      { code: 'no-secret', message: `the secret ${ARN} cannot be read: not this one` },
    ]);
  });

  it('leaves a fault what it is: another try may help', async () => {
    const client = await clientOf(500, { __type: 'InternalServiceError', message: 'oops' });
    const error = await readSecret(client, ARN).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(InputError);
    expect(String(error)).toContain('oops');
  });
});
