import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Signals that ask a process to end. */
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
export type EndSignal = (typeof SIGNALS)[number];

/** Names the process that started this one in its own place. */
const STARTER = 'LEX_PR_STARTER';

/**
 * Runs another Node.js in place of this process, and ends as it does. Signals to this process are told to the
 * other by message: those of a terminal reach both anyway, and have to count once.
 */
export function startInstead(node: string, args: readonly string[]): void {
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [STARTER]: String(process.pid) },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.connected && child.send(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal!];
  });
}

/** What came of each signal: to this process, by way of its starter, and how many of them were acted on. */
const counts = new Map(SIGNALS.map((name) => [name, { own: 0, told: 0, done: 0 }]));
let receive: ((signal: EndSignal) => void) | undefined;

/**
 * Where this process runs in place of another: hears the signals to that one, and takes its death for SIGTERM.
 * To be called once, before anything waits.
 */
export function listenToStarter(): void {
  const isStarted = process.env[STARTER] === String(process.ppid) && process.channel !== undefined;
  delete process.env[STARTER];
  if (!isStarted) return;
  process.on('message', (signal) => {
    if (SIGNALS.includes(signal as EndSignal)) come(signal as EndSignal, 'told');
  });
  process.on('disconnect', () => come('SIGTERM', 'told'));
  // Listening alone is no reason to stay.
  process.channel?.unref();
}

/**
 * Calls `receiver` for each signal to this process or to the one in whose place it runs, until that is ended by
 * calling what is returned. Meanwhile no signal ends this process by itself.
 */
export function onSignal(receiver: (signal: EndSignal) => void): () => void {
  const own = (signal: NodeJS.Signals) => come(signal as EndSignal, 'own');
  receive = receiver;
  for (const name of SIGNALS) process.on(name, own);
  return () => {
    receive = undefined;
    for (const name of SIGNALS) process.off(name, own);
  };
}

/** A signal to both processes comes twice, in any order: as many are acted on as the one of them has got that got more. */
function come(signal: EndSignal, way: 'own' | 'told'): void {
  const count = counts.get(signal)!;
  count[way] += 1;
  if (count[way] <= count.done) return;
  count.done = count[way];
  if (receive === undefined) process.kill(process.pid, signal);
  else receive(signal);
}
