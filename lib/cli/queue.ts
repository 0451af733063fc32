import { waitingIn } from '../engine/line';
import { readPauses } from '../engine/pauses';
import { heldNow } from '../engine/run-status';
import { runningRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { hasHotfix } from '../plan/priority';
import { findHome } from '../repository/home';
import { shownHold } from '../run/hold';
import { decodeRecord } from '../run/record';
import { openRuns } from '../run/sqlite-reader';
import type { Io } from './io';
import { type QueuedRun, queueText, type ShownPause } from './queue-text';

/** `lex-pr queue`: which run goes on in this folder, who waits for it, what was interrupted, and what is paused. @returns 0 */
export async function queueCommand(options: { readonly json?: boolean }, io: Io): Promise<number> {
  const home = await findHome(io.cwd);
  const runs = await readQueue(home);
  const pauses = readPauses(home).map(
    ({ target, why, at }): ShownPause => ({ target, why, since: new Date(at).toISOString() }),
  );
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ runs, pauses })}\n`
      : queueText(runs, pauses, (command, run) => `lex-pr ${command} ${run}`),
  );
  return 0;
}

async function readQueue(home: string): Promise<QueuedRun[]> {
  const running = runningRun(home);
  const begun: QueuedRun[] = [];
  const store = await openRuns(stateFile(home)).catch(() => undefined);
  try {
    for (const run of (await store?.list()) ?? []) {
      if (run.endedAt !== undefined) continue;
      const { plan, startedAt } = decodeRecord(run.record);
      const isRunning = run.id === running;
      const held = isRunning ? heldNow(run, (await store!.read(run.id)).state) : undefined;
      begun.push({
        runId: run.id,
        status: !isRunning ? 'interrupted' : held === undefined ? 'running' : 'held',
        target: plan.target,
        since: new Date(startedAt).toISOString(),
        hotfix: hasHotfix(plan),
        ...(held && { held: shownHold(held) }),
        place: isRunning ? 0 : null,
      });
    }
  } finally {
    await store?.close();
  }
  const waiting = waitingIn(home).map(({ run, target, since, hotfix }, before): QueuedRun => {
    const place = before + (running === undefined ? 0 : 1);
    return { runId: run, status: 'waiting', target, since: new Date(since).toISOString(), hotfix, place };
  });
  const goesOn = begun.filter(({ place }) => place === 0);
  return [...goesOn, ...waiting, ...begun.filter(({ status }) => status === 'interrupted')];
}
