import type { Finding } from './field-path';
import { type GateRuntime, gateLists, type Outline } from './outline';
import type { PlanDocument } from './schema';

/** What is wrong between runtimes, images and the policy's isolation. */
export function* checkIsolation(plan: Outline): Generator<Finding> {
  for (const { runtimes } of gateLists(plan))
    for (const gate of runtimes) yield* checkRuntime(gate, plan.isolationStrict);
}

function* checkRuntime({ path, runtime, hasImage }: GateRuntime, strict: boolean): Generator<Finding> {
  if (strict && runtime !== undefined && runtime !== 'container') {
    const message = '`policy.isolation: strict` has every gate run in a container';
    const hint = 'use `runtime: container` with an `image`';
    yield { code: 'isolation', message, path: [...path, 'runtime'], hint };
    return;
  }
  const effective = runtime ?? (strict ? 'container' : 'local');
  if (effective === 'container' && !hasImage) {
    const why = runtime === undefined ? ', because `policy.isolation` is `strict`' : '';
    const message = `image is missing: this gate runs in a container${why}`;
    const hint = 'add `image`, such as docker.io/library/node:24, or better with a digest';
    yield { code: 'missing-image', message, path: [...path, 'image'], hint };
  }
  if ((effective === 'local' || effective === 'ci-service') && hasImage) {
    const message = 'an image is for gates that run in a container';
    const hint = 'add `runtime: container`, or remove it';
    yield { code: 'needless-image', message, path: [...path, 'image'], hint };
  }
}

/** A valid document in which every gate has the runtime that the policy's isolation gives it. */
export function isolate(document: PlanDocument): PlanDocument {
  const { gates, items, policy } = document;
  if (policy.isolation !== 'strict') return document;
  // Whoever writes `local` has been refused, so it is the default.
  const inContainer = (gate: PlanDocument['gates'][number]) =>
    gate.runtime === 'local' ? { ...gate, runtime: 'container' as const } : gate;
  const { integration } = policy;
  const isolated =
    integration === undefined || integration === 'none'
      ? integration
      : {
          ...integration,
          gates: integration.gates?.map((gate) => (typeof gate === 'string' ? gate : inContainer(gate))),
        };
  return {
    ...document,
    gates: gates.map(inContainer),
    items: items.map((item) =>
      item.gates === undefined ? item : { ...item, gates: item.gates.map(inContainer) },
    ),
    policy: { ...policy, integration: isolated },
  };
}
