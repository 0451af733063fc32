import { leaveMemory } from './memory-folder.mjs';

export default async function stop() {
  await globalThis.emulator.stop();
  await globalThis.faultProxy.close();
  leaveMemory();
}
