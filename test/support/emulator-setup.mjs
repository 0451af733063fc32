import { deployToEmulator } from '../../scripts/deploy-to-emulator.mjs';
import { startEmulator } from '../../scripts/emulator.mjs';

/** So few that lanes of the tests go on in further executions. */
const ROTATE_AFTER_EVENTS = '300';

/** Before all tests on the emulator: the workers inherit what the SDK is to be told, and where the stack is. */
export default async function start() {
  globalThis.emulator = await startEmulator();
  Object.assign(process.env, globalThis.emulator.environment);
  try {
    const context = { functions: 'zip', rotateAfterEvents: ROTATE_AFTER_EVENTS };
    process.env.LEX_PR_TEST_STACK = JSON.stringify(
      await deployToEmulator(globalThis.emulator.environment, context),
    );
  } catch (error) {
    await globalThis.emulator.stop();
    throw error;
  }
}
