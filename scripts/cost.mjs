// Writes docs/cost.md from what was measured (`-- --measure`: measures anew first) and from the stack as it is synthesised.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importBundled, root } from './bundle.mjs';
import { deployToEmulator } from './deploy-to-emulator.mjs';
import { EMULATOR, startEmulator } from './emulator.mjs';

// All that this makes lies in it, and is gone with it however this ends. Handlers stay: Ctrl-C comes twice, from the terminal
// and from npm, and the second one would end this while it removes.
const folder = mkdtempSync(join(tmpdir(), 'lex-pr-cost-'));
process.env.TMPDIR = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.on(signal, () => process.exit(code));

const { cost } = await importBundled('test/cost/main.ts');
const paths = {
  measured: join(root, 'lib/cost/coefficients.json'),
  document: join(root, 'docs/cost.md'),
};
process.exitCode = await cost(process.argv.slice(2), paths, await template(), {
  name: EMULATOR,
  startEmulator,
  deployToEmulator,
});

/** The stack as a user gets it. */
async function template() {
  console.error('synthesising the stack, which takes a minute …');
  const output = join(folder, 'cdk.out');
  const env = { ...process.env, CDK_HOME: join(folder, 'home'), CDK_DISABLE_CLI_TELEMETRY: 'true' };
  const options = ['--quiet', '--output', output, '--no-notices'];
  const cdk = spawn(join(root, 'node_modules/.bin/cdk'), ['synth', ...options], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  // Not left behind where this is ended by a signal that is for it alone.
  process.on('exit', () => cdk.kill());
  const [code] = await once(cdk, 'exit');
  if (code !== 0) throw new Error(`cdk synth ended with ${code}`);
  return JSON.parse(readFileSync(join(output, 'LexPr.template.json'), 'utf8'));
}
