// Writes docs/cost.md from what was measured (`-- --measure`: measures anew first) and from the stack as it is synthesised.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importBundled, root } from './bundle.mjs';
import { deployToEmulator } from './deploy-to-emulator.mjs';
import { EMULATOR, startEmulator } from './emulator.mjs';

const folder = mkdtempSync(join(tmpdir(), 'lex-pr-cost-'));
try {
  const { cost } = await importBundled('test/cost/main.ts');
  const paths = {
    measured: join(root, 'lib/cost/coefficients.json'),
    document: join(root, 'docs/cost.md'),
  };
  process.exitCode = await cost(process.argv.slice(2), paths, template(), {
    name: EMULATOR,
    startEmulator,
    deployToEmulator,
  });
} finally {
  rmSync(folder, { recursive: true });
}

/** The stack as a user gets it. */
function template() {
  const output = join(folder, 'cdk.out');
  const env = { ...process.env, CDK_HOME: join(folder, 'home'), CDK_DISABLE_CLI_TELEMETRY: 'true' };
  const options = ['--quiet', '--output', output, '--no-notices'];
  execFileSync(join(root, 'node_modules/.bin/cdk'), ['synth', ...options], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  return JSON.parse(readFileSync(join(output, 'LexPr.template.json'), 'utf8'));
}
