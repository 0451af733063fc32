export default async function stop() {
  await globalThis.emulator.stop();
  await globalThis.faultProxy.close();
}
