import { createHash } from 'node:crypto';
import { gateEnvironment } from '../gates/environment';
import type { Gate } from '../plan/plan';
import { gateDefinition } from '../run/workload';

/**
 * The key under which a pass may be reused: what is tested (a tree or a commit), how (the definition with
 * its declared environment), and with which tools. Undefined for a gate that is never cached.
 */
export function gateKey(
  gate: Gate,
  tested: { readonly commit: string; readonly tree: string },
  toolchain: string,
): string | undefined {
  if (gate.cache === 'off') return undefined;
  const content = gate.cache === 'tree' ? tested.tree : tested.commit;
  return createHash('sha256')
    .update(JSON.stringify([gate.cache, content, gateDefinition(gate), toolchain]))
    .digest('hex');
}

/** What local gates run with, as far as it is known from outside: machine, git, what they inherit from us. */
export function localToolchain(gitVersion: string): string {
  const inherited = Object.entries(gateEnvironment(process.env, {}, {})).sort();
  return JSON.stringify([process.platform, process.arch, inherited, gitVersion]);
}
