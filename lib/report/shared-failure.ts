import type { Gate } from '../plan/plan';
import { shellQuote, shellWord } from '../repository/shell-quote';
import type { Report, ReportGate, ReportItem } from './report';

/**
 * The gate in which all items failed whose gates failed, where those are two or more and nobody passed it: then the
 * target may fail it by itself.
 * @param gateOf the gate of an item, by their place and name
 */
export function sharedFailureOf(
  items: readonly Pick<ReportItem, 'status' | 'reason' | 'gates'>[],
  target: string,
  gateOf: (item: number, name: string) => Gate,
): Report['sharedFailure'] {
  const failed = items.flatMap(({ status, reason, gates }, item) =>
    status === 'failed' && reason?.startsWith('gate-failed:') ? [{ item, gates }] : [],
  );
  const [first] = failed;
  if (first === undefined || failed.length === 1) return null;
  const shared = first.gates.find(
    ({ name }) =>
      failed.every(({ gates }) => gates.some((gate) => gate.name === name && isAgainst(gate))) &&
      !items.some(({ gates }) => gates.some((gate) => gate.name === name && gate.status === 'pass')),
  );
  if (shared === undefined) return null;
  return { gate: shared.name, command: commandOn(target, gateOf(first.item, shared.name)) };
}

const isAgainst = ({ status, override, blocking }: ReportGate) =>
  !override && blocking && (status === 'fail' || status === 'timeout');

/** What runs a gate on a branch, typed into a shell at the top of a work tree. */
function commandOn(target: string, { run, cwd, env, runtime }: Gate): string | null {
  if (runtime !== 'local') return null;
  const variables = Object.entries(env).map(([name, value]) => shellQuote(`${name}=${value}`));
  const command =
    variables.length === 0 && !run.trim().includes('\n')
      ? run.trim()
      : ['env', ...variables, 'sh', '-c', shellQuote(run)].join(' ');
  const there = cwd === '.' ? command : `(cd ${shellQuote(cwd)} && ${command})`;
  return `git switch ${shellWord(target)} && ${there}`;
}
