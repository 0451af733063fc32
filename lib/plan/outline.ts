import { type FieldPath, isMapping } from './field-path';

/**
 * What can be known of a document whatever its shape: names, and who refers to whom. The rules between
 * fields are checked on this, so that they hold for a document that has other problems as well.
 */
export interface Outline {
  readonly items: readonly OutlineItem[];
  readonly gates: GateList | undefined;
  readonly integration: GateList | undefined;
  /** Names in `integration.gates` that refer to plan-level gates. */
  readonly integrationNames: readonly Named[];
  readonly requiredGates: readonly Named[] | undefined;
  readonly optionalGates: readonly Named[];
  readonly blockOn: readonly Named[];
  readonly retries: readonly Named[];
  readonly ungatedAllowed: boolean;
  /** Whether every gate has to run in a container. */
  readonly isolationStrict: boolean;
}

/** Without any paths, which follow from its index: there may be a million of them. A valid item is its own outline. */
export interface OutlineItem {
  name?: string | undefined;
  readonly branch?: unknown;
  readonly sha?: unknown;
  /** Undefined: no name. */
  readonly deps: (string | undefined)[];
  /** As the document has them. */
  readonly gates?: unknown;
  /** False: nothing is known of it. */
  readonly isMapping?: false;
}

/** A name, and where it stands. */
export interface Named {
  readonly name: string;
  readonly path: FieldPath;
  /** Whether the name is a key. */
  readonly atKey?: boolean;
}

/** A gate's name, and where it stands. */
export interface NamedGate extends Named {
  readonly quarantined: boolean;
}

export interface GateList {
  readonly path: FieldPath;
  readonly gates: readonly NamedGate[];
  /** Whether every entry has a name: only then can something be said to be lacking. */
  readonly complete: boolean;
  readonly runtimes: readonly GateRuntime[];
}

/** Where a gate is to run, as far as the document says. */
export interface GateRuntime {
  /** Of the gate. */
  readonly path: FieldPath;
  readonly runtime: unknown;
  readonly hasImage: boolean;
}

/** Reads what there is to read in a document, but for its items. */
export function outline(document: unknown, items: readonly OutlineItem[]): Outline {
  const root = mapping(document);
  const policy = mapping(root.policy);
  const integration = mapping(policy.integration);
  const references = ['policy', 'integration', 'gates'];
  return {
    items,
    gates: gateList(root.gates, ['gates']),
    integration: gateList(list(integration.gates), references),
    integrationNames: names(integration.gates, references),
    requiredGates:
      'requiredGates' in policy ? names(policy.requiredGates, ['policy', 'requiredGates']) : undefined,
    optionalGates: names(policy.optionalGates, ['policy', 'optionalGates']),
    blockOn: names(policy.blockOn, ['policy', 'blockOn']),
    retries: Object.keys(mapping(policy.retries)).map((name) => ({
      name,
      path: ['policy', 'retries', name],
      atKey: true,
    })),
    // An invalid value says nothing about what was meant.
    ungatedAllowed: policy.ungated !== undefined && policy.ungated !== 'refuse',
    isolationStrict: policy.isolation === 'strict',
  };
}

/** Reads what there is to read in an item. */
export function outlineItem(value: unknown): OutlineItem {
  const item = mapping(value);
  return {
    name: typeof item.name === 'string' ? item.name : undefined,
    branch: item.branch,
    sha: item.sha,
    deps: list(item.deps).map((name) => (typeof name === 'string' ? name : undefined)),
    gates: item.gates,
    ...(!isMapping(value) && { isMapping: false }),
  };
}

/** The gates that an item has of its own. @param index of the item */
export function gatesOfItem({ gates, isMapping }: OutlineItem, index: number): GateList | undefined {
  if (isMapping !== false)
    return gates === undefined ? undefined : gateList(gates, ['items', index, 'gates']);
  return { path: ['items', index], gates: [], runtimes: [], complete: false };
}

/** Every list of gates of a document. */
export function* gateLists({ gates, integration, items }: Outline): Generator<GateList> {
  if (gates !== undefined) yield gates;
  if (integration !== undefined) yield integration;
  for (const [index, item] of items.entries()) {
    const own = gatesOfItem(item, index);
    if (own !== undefined) yield own;
  }
}

function gateList(value: unknown, path: FieldPath): GateList | undefined {
  if (value === undefined) return undefined;
  const gates = list(value).flatMap((gate, index) => {
    const { name, flaky } = mapping(gate);
    const quarantined = flaky === 'quarantine';
    return typeof name === 'string' ? [{ name, quarantined, path: [...path, index, 'name'] }] : [];
  });
  const runtimes = list(value).flatMap((gate, index) =>
    isMapping(gate)
      ? [{ path: [...path, index], runtime: gate.runtime, hasImage: gate.image !== undefined }]
      : [],
  );
  return { path, gates, runtimes, complete: Array.isArray(value) && gates.length === value.length };
}

function names(value: unknown, path: FieldPath): Named[] {
  return list(value).flatMap((name, index) =>
    typeof name === 'string' ? [{ name, path: [...path, index] }] : [],
  );
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapping(value: unknown): Record<string, unknown> {
  return isMapping(value) ? value : {};
}
