import { type Callback, type CallbackEnd, newCallback, type Place } from '../callbacks/callback';
import { receiveCallback } from '../callbacks/receive';
import { openCallbackServer } from '../callbacks/server';
import { refuse } from '../errors';
import { startTimer } from '../gates/timer';
import type { RunRecord } from '../run/record';
import type { Workload } from '../run/workload';
import type { Workspace } from './workspace';

/** Where checks that run elsewhere answer, while a run of this process has some. */
export interface Checks {
  /**
   * The callback of one attempt of a gate. One that was opened before, by a process that died, is gone on with as
   * long as it can be answered: also where its answer is there already.
   */
  open(place: Place, timeoutSeconds: number): Promise<Callback>;
  /** The check has been started, so that it need not be started again. */
  started(place: Place, callback: Callback): Promise<void>;
  /** The check could not be started. */
  giveUp(place: Place, callback: Callback): Promise<void>;
  /** How the callback ends: by an answer, or at its time limit. Undefined: the signal was faster. */
  wait(place: Place, callback: Callback, signal: AbortSignal): Promise<CallbackEnd | undefined>;
  /** Nobody is listened to any more; what is open stays so. */
  close(): Promise<void>;
}

export interface CallbackSettings {
  /** Of 127.0.0.1; undefined for any. */
  readonly port: number | undefined;
  /** What stands before `/callbacks/…` for those who answer; undefined where they are on this machine. */
  readonly baseUrl: string | undefined;
}

/**
 * Listens for the answers of a run's checks.
 * @returns undefined for a run that has none
 * @throws InputError where the port is not free
 */
export async function openChecks(
  { store }: Pick<Workspace, 'store'>,
  { id: run }: Pick<RunRecord, 'id'>,
  { tasks }: Pick<Workload, 'tasks'>,
  settings: CallbackSettings,
): Promise<Checks | undefined> {
  if (!tasks.some(({ gate }) => gate.runtime === 'ci-service')) return undefined;
  const { callbacks } = store;
  const waiting = new Map<string, () => void>();
  const services = {
    callbacks,
    now: Date.now,
    // It is listened only while it is.
    isOpen: async () => true,
    onAnswer: async (_: string, __: Place, { id }: Callback) => waiting.get(id)?.(),
  };
  const server = await listen(portsFor(settings, callbacks.openOf(run)), (id, request) =>
    receiveCallback(services, id, request),
  );
  const base = settings.baseUrl ?? `http://127.0.0.1:${server.port}`;

  return {
    async open(place, timeoutSeconds) {
      const now = Date.now();
      const there = await callbacks.get(run, place);
      if (there !== undefined && isOfUse(there, base, now)) return there;
      return callbacks.put(run, place, newCallback(run, place, base, now, timeoutSeconds), there?.id);
    },

    started: (place, { id }) => callbacks.markRequested(run, place, id),

    async giveUp(place, { id }) {
      await callbacks.end(run, place, id, { kind: 'closed', at: Date.now() });
    },

    async wait(place, { id, expiresAt }, signal) {
      const { promise, resolve } = Promise.withResolvers<'over' | 'look'>();
      const look = () => resolve('look');
      waiting.set(id, look);
      signal.addEventListener('abort', look);
      const cancelTimer = startTimer(Math.max(0, expiresAt - Date.now()), () => resolve('over'));
      try {
        // What came before is in the store, what comes from here on tells.
        const there = await callbacks.get(run, place);
        const isOver = there?.end === undefined && !signal.aborted && (await promise) === 'over';
        if (isOver) await callbacks.end(run, place, id, { kind: 'closed', at: Date.now() });
      } finally {
        cancelTimer();
        signal.removeEventListener('abort', look);
        waiting.delete(id);
      }
      return (await callbacks.get(run, place))?.end;
    },

    close: () => server.close(),
  };
}

/** Whether a check that was started can still answer, or has. */
const isOfUse = ({ end, requested, url, expiresAt }: Callback, base: string, now: number) =>
  requested && (end === undefined ? url.startsWith(`${base}/`) && now < expiresAt : end.kind === 'answered');

/** Ports to try, one after another: at first the one that checks of this run were told before. */
function portsFor({ port, baseUrl }: CallbackSettings, open: readonly Callback[]): number[] {
  if (port !== undefined) return [port];
  const told = baseUrl === undefined ? open.map(({ url }) => Number(new URL(url).port)) : [];
  return [...new Set(told), 0];
}

async function listen(ports: readonly number[], receive: Parameters<typeof openCallbackServer>[1]) {
  for (const port of ports) {
    try {
      return await openCallbackServer(port, receive);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
      if (ports.length > 1) continue;
      throw refuse(
        'callback-port',
        `port ${port} of this machine cannot be listened on (${code})`,
        'free it, or set LEX_PR_CALLBACK_PORT to another one',
      );
    }
  }
  throw new Error('there is no port left');
}
