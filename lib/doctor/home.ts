import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLocked, LOCK_FILE } from '../engine/lock';
import { cacheFile } from '../engine/open-cache';
import { pausesFile, readPauses } from '../engine/pauses';
import { processesFolder, stateFile } from '../engine/workspace';
import { type ContainerRecord, isContainerRunning } from '../gates/containers';
import { leftoversOf } from '../gates/process-group';
import { openProcessRecords } from '../gates/process-records';
import type { ProcessRecord } from '../gates/run-gate';
import { FileStore } from '../performance/file-store';
import { shellQuote } from '../repository/shell-quote';
import { openSqliteStore } from '../run/sqlite-store';
import type { StoredRun } from '../run/store';
import { type Check, check, fine, wrong } from './check';
import { holdersOf } from './lock-holders';
import { mendDatabase } from './mend-database';

/** What lies in the `.lex-pr` folder: the store, the cache, the lock, and what dead runs left behind. */
export async function checkHome(home: string): Promise<readonly Check[]> {
  let kept: Kept | undefined;
  const state = stateFile(home);
  const aside = shellQuote(join(home, 'damaged'));
  const store = await check(
    'store',
    mendDatabase(
      home,
      state,
      `its runs are lost, and \`report\` does not find them: mkdir -p ${aside} && mv ${shellQuote(state)}* ${aside}`,
    ),
    async () => {
      kept = await readKept(home);
      return `${kept.runs.length} ${kept.runs.length === 1 ? 'run' : 'runs'}`;
    },
  );
  const cacheDb = cacheFile(home);
  const cache = await check('cache', mendDatabase(home, cacheDb, `rm -rf ${shellQuote(cacheDb)}*`), () =>
    checkCache(cacheDb),
  );
  const pausesPath = pausesFile(home);
  const pauses = await check(
    'pauses',
    `what is paused is not known until then, and no run lands: rm ${shellQuote(pausesPath)}, then lex-pr pause what is to be`,
    () => {
      const { length } = readPauses(home);
      return length === 0 ? 'nothing is paused' : `${length} paused: see lex-pr queue`;
    },
  );
  let running: boolean | undefined;
  const lockFile = join(home, LOCK_FILE);
  const lock = await check(
    'lock',
    mendDatabase(home, lockFile, `if no run is going on: rm -rf ${shellQuote(lockFile)}*`),
    async () => {
      running = isLocked(home);
      return [running ? await describeHolder(home) : fine('lock', 'free')];
    },
  );
  if (kept === undefined || running !== false) return [...store, ...cache, ...pauses, ...lock];
  return [...store, ...cache, ...pauses, ...lock, checkRuns(kept.runs), await checkLeftovers(kept)];
}

interface Kept {
  readonly runs: readonly StoredRun[];
  readonly processes: readonly ProcessRecord[];
  readonly containers: readonly ContainerRecord[];
}

async function readKept(home: string): Promise<Kept> {
  const store = openSqliteStore(stateFile(home));
  try {
    const processes = openProcessRecords(processesFolder(home)).all();
    return { runs: await store.list(), processes, containers: store.containers.all() };
  } finally {
    await store.close();
  }
}

/** Opening it puts a damaged one away; that costs time, and nothing else. */
function checkCache(file: string): string {
  let aside: string | undefined;
  const cache = new FileStore(file, {
    onSetAside: (path, reason) => {
      aside = `was not readable (${reason}), now in ${path}; a new one has been made`;
    },
  });
  try {
    const size = cache.size();
    return aside ?? `${size} ${size === 1 ? 'entry' : 'entries'}`;
  } finally {
    cache.close();
  }
}

/** A run that goes on is nothing wrong. */
async function describeHolder(home: string): Promise<Check> {
  const { ino } = await stat(join(home, LOCK_FILE));
  const pids = holdersOf(ino);
  const who = pids.length === 0 ? '' : ` in process ${pids.join(', ')}`;
  return fine('lock', `a run is going on${who}: see lex-pr status`);
}

/** An interrupted run waits for as long as one likes. */
function checkRuns(runs: readonly StoredRun[]): Check {
  const interrupted = runs.filter(({ endedAt }) => endedAt === undefined).map(({ id }) => id);
  if (interrupted.length === 0) return fine('runs', 'none is interrupted');
  return fine('runs', `interrupted: ${interrupted.join(', ')}; go on with lex-pr resume`);
}

async function checkLeftovers({ processes, containers }: Kept): Promise<Check> {
  const groups = leftoversOf(processes).map(({ processGroup }) => processGroup);
  const running: ContainerRecord[] = [];
  for (const container of containers) if (await isContainerRunning(container)) running.push(container);
  if (groups.length + running.length === 0) return fine('leftovers', 'no process of a dead run');
  const what = [
    ...(groups.length === 0 ? [] : [`process groups ${groups.join(', ')}`]),
    ...(running.length === 0 ? [] : [`containers ${running.map(({ name }) => name).join(', ')}`]),
  ];
  const ends = [
    ...(groups.length === 0 ? [] : [`kill -- ${groups.map((group) => `-${group}`).join(' ')}`]),
    ...running.map(({ name, cli }) => `${cli} rm --force ${name}`),
  ];
  const found = `gates of a dead run are still at work: ${what.join(' and ')}`;
  return wrong('leftovers', found, `lex-pr resume, or end them: ${ends.join(' && ')}`);
}
