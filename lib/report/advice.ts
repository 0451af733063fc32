import { shortRef } from './facts';
import { REASON_WORDS } from './reason-words';
import type { Report, ReportGate, ReportItem } from './report';
import { wasSilent } from './silent';

/**
 * What to do next about a failed item, in one line. Names appear as they are: the rendering escapes them.
 * @param logPath turns a log's path in the report into one that can be opened from here
 */
export function advice(
  item: ReportItem,
  report: Pick<Report, 'integration' | 'sharedFailure' | 'target'>,
  logPath: (log: string) => string,
): string {
  const { branch } = item;
  const see = (gate: ReportGate | undefined) =>
    gate === undefined || gate.log === null ? '' : `read ${logPath(gate.log)}, `;
  switch (reasonCode(item)) {
    case 'gate-failed': {
      const gate = item.gates.find((g) => g.blocking && isBad(g));
      if (report.sharedFailure)
        return mendTarget(report.sharedFailure, shortRef(report.target.ref), gate?.log != null);
      if (gate?.status === 'timeout')
        return `${see(gate)}make ${gate.name} faster or raise its timeoutSeconds, then run again`;
      if (gate !== undefined && wasSilent(gate))
        return `run ${gate.name} by hand, since it prints nothing, fix it on ${branch}, then run again`;
      return `${see(gate)}fix it on ${branch}, then run again`;
    }
    case 'conflict':
      return `${unclash(item)}, then run again`;
    case 'integration-failed': {
      const overridden = overriddenAgainst(item);
      if (overridden !== undefined)
        return `${see(item.eviction?.gate)}fix ${overridden} on ${branch}, or have the verification of the woven result not ask for it (policy.integration.gates), then run again`;
      if (item.eviction?.clashesWith.length === 1)
        return `${see(item.eviction.gate)}fix ${branch} together with ${item.eviction.clashesWith[0]}, then run again`;
      const target = shortRef(report.target.ref);
      // The reason says that no item is needed for it to fail.
      const fix = item.reason?.endsWith(REASON_WORDS.mendFirst)
        ? `mend ${target}`
        : 'fix what only fails together';
      return `${see(item.eviction?.gate ?? report.integration?.gates.find((g) => g.blocking && isBad(g)))}${fix}, then run again`;
    }
    case 'not-linearizable':
      return `rebase ${branch} onto the target, or use mergeStrategy: merge, then run again`;
    case 'head-moved':
      if (item.reason?.endsWith(REASON_WORDS.planAgain))
        return `plan again, with the new commits of ${branch}`;
      return item.reason?.endsWith(REASON_WORDS.deleted)
        ? `bring ${branch} back, or leave it out of the plan, then run again`
        : `run again, with the new commits of ${branch}`;
    case 'target-moved':
      return 'run again while the target is quiet, or raise integration.maxRetries';
    case 'target-dirty':
      return 'commit, stash or remove the files named in the reason, then run again';
    default:
      return 'put right what the reason says, then run again';
  }
}

/** All have failed in the same gate: it is worth a look whether that is for what they stand on. */
function mendTarget(
  { gate, command }: NonNullable<Report['sharedFailure']>,
  target: string,
  logged: boolean,
): string {
  const look = command === null ? `run what ${gate} runs on ${target}` : `run \`${command}\``;
  return `no item passes ${gate}, so ${target} may fail it by itself; to see that, ${look}; if it fails, mend ${target} first, else ${logged ? 'read the logs and ' : ''}fix it on each branch; then run again`;
}

function unclash({ branch, conflictsWith }: ReportItem): string {
  if (conflictsWith === undefined)
    return `merge the target or the item it clashes with into ${branch} (and add that as a dep)`;
  if (conflictsWith.length === 0) return `merge the target into ${branch}`;
  const names = conflictsWith.join(', ');
  return conflictsWith.length === 1
    ? `merge ${names} into ${branch} (and add it as a dep)`
    : `merge ${names} into ${branch} (and add them as deps)`;
}

/** The gate that somebody has answered for, where the weave fails by it all the same. */
export function overriddenAgainst({ gates, eviction }: ReportItem): string | undefined {
  const overridden = gates.find(({ name, override }) => override && name === eviction?.gate.name);
  return overridden?.name;
}

/** The stable first word of a reason; empty where there is none. */
export function reasonCode({ reason }: Pick<ReportItem, 'reason'>): string {
  return reason?.split(':', 1)[0] ?? '';
}

const isBad = ({ status, override }: ReportGate) => !override && (status === 'fail' || status === 'timeout');
