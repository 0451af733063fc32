import { deployToEmulator } from '../../scripts/deploy-to-emulator.mjs';
import { startEmulator } from '../../scripts/emulator.mjs';
import { pythonTool } from '../../scripts/python-tool.mjs';
import stop from './emulator-teardown.mjs';
import { startFaultProxy } from './fault-proxy.mjs';
import { useMemory } from './memory-folder.mjs';

/** So few that lanes of the tests go on in further executions. */
const ROTATE_AFTER_EVENTS = '300';

/** Before all tests on the emulator: the workers inherit what the SDK is to be told, and where the stack is. */
export default async function start() {
  useMemory();
  // Git is to be as it is everywhere.
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  globalThis.faultProxy = await startFaultProxy();
  process.env.LEX_PR_TEST_FUZZER = pythonTool('schemathesis', '4.32.5');
  process.env.LEX_PR_TEST_FAULTS = globalThis.faultProxy.url;
  globalThis.emulator = await startEmulator({ AWS_ENDPOINT_URL: globalThis.faultProxy.url });
  globalThis.faultProxy.forwardTo(globalThis.emulator.url);
  Object.assign(process.env, globalThis.emulator.environment);
  try {
    const context = { functions: 'zip', rotateAfterEvents: ROTATE_AFTER_EVENTS };
    process.env.LEX_PR_TEST_STACK = JSON.stringify(
      await deployToEmulator(globalThis.emulator.environment, context),
    );
  } catch (error) {
    await stop();
    throw error;
  }
}
