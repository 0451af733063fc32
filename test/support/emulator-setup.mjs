import { startEmulator } from '../../scripts/emulator.mjs';

/** Before all tests on the emulator: the workers inherit what the SDK is to be told. */
export default async function start() {
  globalThis.emulator = await startEmulator();
  Object.assign(process.env, globalThis.emulator.environment);
}
