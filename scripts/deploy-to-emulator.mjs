// Deploys the stack to an emulator with the CDK CLI, as a user would to an account: bootstrap, deploy, outputs.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);

/**
 * @param {Record<string, string>} environment what makes SDK and CLI talk to the emulator
 * @param {Record<string, string>} context values of `-c NAME=VALUE`
 * @param {{ isBootstrapped?: boolean, app?: string }} options whether that was done there before; the command that makes
 *   the stack, which is that of cdk.json by default
 * @returns {Promise<Record<string, string>>} the outputs of the stack
 * @throws Error with what the CDK CLI said
 */
export async function deployToEmulator(environment, context = {}, { isBootstrapped = false, app } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-cdk-'));
  const env = {
    ...process.env,
    ...environment,
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
    CDK_HOME: join(folder, 'home'),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  const cdk = async (...args) => {
    const output = ['--output', join(folder, 'cdk.out'), ...(app === undefined ? [] : ['--app', app])];
    const values = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    try {
      await execute('cdk', [...args, ...values, ...output, '--no-notices', '--ci'], {
        cwd: root,
        env,
        maxBuffer: 64 * 2 ** 20,
      });
    } catch (error) {
      throw new Error(`cdk ${args[0]} failed:\n${error.stdout}\n${error.stderr}`);
    }
  };
  try {
    if (!isBootstrapped) await cdk('bootstrap');
    const outputs = join(folder, 'outputs.json');
    await cdk('deploy', '--all', '--require-approval', 'never', '--outputs-file', outputs);
    return Object.values(JSON.parse(readFileSync(outputs, 'utf8')))[0];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
