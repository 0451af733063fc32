// `npm run emulator`: an AWS emulator to try the stack on. Prints what makes SDK and CLIs talk to it; Ctrl-C ends it.
// A bare repository that is named is served with it, over HTTP to this machine alone: `npm run emulator -- shop.git`.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { importBundled } from './bundle.mjs';
import { startEmulator } from './emulator.mjs';

// npm starts scripts at the top; the path is meant from where npm was started.
const [repository] = process.argv.slice(2).map((path) => resolve(process.env.INIT_CWD ?? '.', path));
if (repository !== undefined && !existsSync(join(repository, 'HEAD'))) {
  process.stderr.write(
    `${repository} is no bare repository\n    make one: git clone --bare ${repository} ${repository}.git\n`,
  );
  process.exit(2);
}

const served =
  repository && (await (await importBundled('test/support/git-http-server.ts')).serveRepository(repository));
const { environment, stop } = await startEmulator();
// An empty AWS_PROFILE is one that does not exist, for the AWS CLI.
for (const [name, value] of Object.entries(environment))
  process.stdout.write(value === '' ? `unset ${name}\n` : `export ${name}=${value}\n`);
process.stderr.write('The emulator runs until Ctrl-C. Paste these lines into another terminal.\n');
if (served) process.stderr.write(`${repository} is ${served.url}, for pushes too.\n`);
const end = () => {
  served?.close();
  void stop();
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
