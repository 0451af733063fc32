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
  /** What both are made of, for telling what has changed; undefined where nobody is told. */
  readonly parts?: MachineParts;
}

/** Texts. */
export type MachineParts = Readonly<Record<'system' | 'variables' | 'git', string>>;

/** What a pass is of, as texts. */
export interface KeyParts {
  /** A tree or a commit. */
  readonly content: string;
  /** The definition with its declared environment. */
  readonly gate: string;
  /** What it runs with, as far as that is known from outside. */
  readonly machine: string;
  /** The same in parts, those that matter to it. */
  readonly machineParts?: Partial<MachineParts>;
}

/** Of a gate that is cached. */
export const keyParts = (
  gate: Gate,
  { commit, tree }: { readonly commit: string; readonly tree: string },
  { container, local, parts }: Toolchains,
): KeyParts => ({
  content: gate.cache === 'tree' ? tree : commit,
  gate: gateDefinition(gate),
  machine: gate.runtime === 'container' ? container : local,
  ...(parts && {
    machineParts: gate.runtime === 'container' ? { system: parts.system, git: parts.git } : parts,
  }),
});

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
  const { content, gate: definition, machine } = keyParts(gate, tested, toolchains);
  return createHash('sha256')
    .update(JSON.stringify([gate.cache, content, definition, machine]))
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
    parts: {
      system: JSON.stringify([platform, arch]),
      variables: JSON.stringify(inherited),
      git: gitVersion,
    },
  };
}
