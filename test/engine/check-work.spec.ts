import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CallbackEnd } from '../../lib/callbacks/callback';
import { runCheck } from '../../lib/engine/check-work';
import type { Checks } from '../../lib/engine/checks';
import { Workspace } from '../gates/workspace';

/** Checks that are answered at once. */
const answered: Checks = {
  open: async () => ({
    ...{ id: 'id', key: 'key', url: 'http://127.0.0.1/', openedAt: 0, expiresAt: 1, requested: false },
    end: undefined,
  }),
  started: async () => {},
  giveUp: async () => {},
  wait: async (): Promise<CallbackEnd> => ({
    kind: 'answered',
    at: Date.now(),
    answer: { status: 'pass', log: 'all is well' },
  }),
  close: async () => {},
};

describe('a check that runs elsewhere', () => {
  const workspace = new Workspace();
  beforeAll(() => mkdirSync(dirname(workspace.logFile)));
  afterAll(() => workspace.remove());

  it('has its answer behind what its command has printed', async () => {
    const { outputBytes } = await runCheck(answered, 'place', workspace.request('echo asked'));
    expect(workspace.log()).toBe('asked\n[lex-pr: answer: pass]\nall is well\n');
    expect(outputBytes).toBe(workspace.log().length);
  });

  it.each([
    ['a pipe', 'ENXIO', (log: string) => void execFileSync('mkfifo', [log])],
    ['a link', 'ELOOP', (log: string) => symlinkSync(join(workspace.root, 'outside'), log)],
  ])('is a fault where its command has put %s in the place of its log', async (_, code, put) => {
    writeFileSync(join(workspace.root, 'outside'), 'as it was\n');
    const checks = { ...answered, started: async () => put(workspace.logFile) };
    await expect(runCheck(checks, 'place', workspace.request('true'))).rejects.toThrow(code);
    expect(readFileSync(join(workspace.root, 'outside'), 'utf8')).toBe('as it was\n');
  });
});
