// `npm run emulator`: an AWS emulator to try the stack on. Prints what makes SDK and CLIs talk to it; Ctrl-C ends it.
import { startEmulator } from './emulator.mjs';

const { environment, stop } = await startEmulator();
for (const [name, value] of Object.entries(environment))
  process.stdout.write(`export ${name}=${value === '' ? "''" : value}\n`);
process.stderr.write('The emulator runs until Ctrl-C. Paste these lines into another terminal.\n');
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
