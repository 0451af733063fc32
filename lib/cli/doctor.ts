import { type Check, check, wrong } from '../doctor/check';
import { checkHome } from '../doctor/home';
import { checkMachine } from '../doctor/machine';
import { checkRepository } from '../doctor/repository';
import { openHome, tryHome } from '../repository/home';
import { requireGit } from '../repository/require-git';
import { printable } from '../telemetry/printable';
import { ExitCode, type Io } from './io';
import { type Style, style } from './style';

/** `lex-pr doctor`: what is wrong here, and what mends it. @returns 0 when all is well, else 1 */
export async function doctor({ json }: { readonly json?: boolean }, io: Io): Promise<number> {
  const checks = await examine(io.cwd);
  const ok = checks.every((one) => one.ok);
  io.stdout.write(json ? `${JSON.stringify({ ok, checks })}\n` : inWords(checks, style(io.stdout)));
  return ok ? 0 : ExitCode.failed;
}

async function examine(cwd: string): Promise<readonly Check[]> {
  const [git] = await check('git', '', requireGit);
  if (git?.mend)
    return [...(await checkMachine(cwd)), wrong('repository', 'not looked at without git', git.mend)];
  let home: string | undefined;
  const folder = await check('folder', 'run lex-pr in a folder that you may write to', async () => {
    home = await openHome(cwd);
    await tryHome(home);
    return home;
  });
  return [
    ...(await checkMachine(home ?? cwd)),
    ...(await checkRepository(cwd)),
    ...folder,
    ...(home === undefined ? [] : await checkHome(home)),
  ];
}

function inWords(checks: readonly Check[], { green, red }: Style): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, ok, detail, mend }) => [
    `${ok ? green('ok   ') : red('wrong')}  ${name.padEnd(width)}  ${printable(detail)}`,
    ...(mend === null ? [] : [`${' '.repeat(width + 9)}→ ${printable(mend)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
