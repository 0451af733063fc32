import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runGit } from '../../lib/repository/git';
import { networkEnvironment, readUserConfig } from '../../lib/repository/user-config';

let root: string;
const before = { ...process.env };
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  process.env.GIT_CONFIG_GLOBAL = join(root, 'gitconfig');
  process.env.GIT_CONFIG_NOSYSTEM = '1';
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(root, { recursive: true });
});

const configure = (text: string) => writeFileSync(join(root, 'gitconfig'), text);

/** All settings that a network git of ours sees. */
async function seen(): Promise<string> {
  const { stdout } = await runGit(['--git-dir=/dev/null', 'config', '--list'], {
    env: await networkEnvironment(),
  });
  return stdout.toString();
}

describe('network git', () => {
  it('sees how the user reaches remotes, in order, and stays hardened', async () => {
    configure(
      [
        '[credential]\n\thelper =\n\thelper = "!echo secret"\n\tuseHttpPath',
        '[http "https://Example.com/A"]\n\tproxy = http://p:1',
        '[url "git@Host:"]\n\tinsteadOf = gh:\n\tpushInsteadOf = gp:',
        '[core]\n\tsshCommand = ssh -i \\"a b\\"',
        '[ssh]\n\tvariant = simple\n',
      ].join('\n'),
    );
    const settings = await seen();
    expect(settings).toContain('credential.helper=\ncredential.helper=!echo secret\n');
    expect(settings).toContain('credential.usehttppath=true\n');
    expect(settings).toContain('http.https://Example.com/A.proxy=http://p:1\n');
    expect(settings).toContain('url.git@Host:.insteadof=gh:\nurl.git@Host:.pushinsteadof=gp:\n');
    expect(settings).toContain('core.sshcommand=ssh -i "a b"\nssh.variant=simple\n');
    expect(settings).toContain('core.hookspath=/dev/null\n');
  });

  it('sees nothing else of the user', async () => {
    configure('[core]\n\thooksPath = /evil\n[merge "x"]\n\tdriver = evil\n[alias]\n\tfetch = evil\n');
    expect(await seen()).not.toContain('evil');
  });

  it('keeps the variables that name an ssh command or ask for a password', async () => {
    Object.assign(process.env, { GIT_SSH_COMMAND: 'my-ssh', GIT_ASKPASS: 'my-ask', GIT_DIR: '/x' });
    const env = await networkEnvironment();
    expect(env).toMatchObject({ GIT_SSH_COMMAND: 'my-ssh', GIT_ASKPASS: 'my-ask' });
    expect(env).not.toHaveProperty('GIT_DIR');
  });
});

it("reads the user's settings whatever repository the caller's environment names", async () => {
  configure('[user]\n\tname = two\n\tname = "line\\nbreak"\n');
  process.env.GIT_DIR = '/nowhere';
  expect(await readUserConfig('^user\\.')).toEqual([
    ['user.name', 'two'],
    ['user.name', 'line\nbreak'],
  ]);
});
