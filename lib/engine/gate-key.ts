import { createHash } from 'node:crypto';
import { inheritedEnvironment } from '../gates/environment';
import { isQuarantined } from '../plan/effective-gates';
import type { Gate } from '../plan/plan';
import { gateDefinition } from '../run/verification';

/** What gates run with, by where they run, as far as it is known from outside; images are part of a gate. */
export interface Toolchains {
  /** Also of those that start a check elsewhere. */
  readonly local: string;
  readonly container: string;
}

/**
 * The key under which a pass may be reused: what is tested (a tree or a commit), how (the definition with
 * its declared environment), and with which tools. Undefined for a gate that is never cached.
 */
export function gateKey(
  gate: Gate,
  tested: { readonly commit: string; readonly tree: string },
  toolchains: Toolchains,
): string | undefined {
  if (gate.cache === 'off' || isQuarantined(gate)) return undefined;
  const tools = gate.runtime === 'container' ? toolchains.container : toolchains.local;
  const content = gate.cache === 'tree' ? tested.tree : tested.commit;
  return createHash('sha256')
    .update(JSON.stringify([gate.cache, content, gateDefinition(gate), tools]))
    .digest('hex');
}

/**
 * Of this machine: git, and for gates that run on it the system and what they inherit from us. A container has
 * everything but the processor from its image.
 */
export function localToolchains(gitVersion: string): Toolchains {
  const { platform, arch } = process;
  const inherited = Object.entries(inheritedEnvironment(process.env)).sort();
  return {
    local: JSON.stringify([platform, arch, inherited, gitVersion]),
    container: JSON.stringify(['container', arch, gitVersion]),
  };
}
