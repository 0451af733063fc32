import type { Discovery } from './discover';

export interface DocumentOptions {
  /** Where the repository is, where the plan's own place does not say it. */
  readonly repository?: string | undefined;
  /** Whether items name the commit as well: one whose branch moves on is then refused, not merged. */
  readonly pin?: boolean | undefined;
}

/** A plan as it is written, before any default is filled in. */
export interface PlanDraft {
  readonly schemaVersion: 'v1';
  readonly repository?: string;
  readonly target: string;
  readonly gates?: readonly { readonly name: string; readonly run: string }[];
  readonly policy?: { readonly ungated: 'allow' };
  readonly items: readonly {
    readonly name: string;
    readonly sha?: string;
    readonly deps?: readonly string[];
  }[];
}

/** The plan for what was discovered; it says nothing that is a default. Without gates it allows that. */
export function planDocument(
  { target, gates, items }: Pick<Discovery, 'target' | 'gates' | 'items'>,
  { repository, pin }: DocumentOptions = {},
): PlanDraft {
  return {
    schemaVersion: 'v1',
    ...(repository === undefined ? {} : { repository }),
    target,
    ...(gates.length === 0 ? { policy: { ungated: 'allow' } } : { gates }),
    items: items.map(({ name, sha, deps }) => ({
      name,
      ...(pin ? { sha } : {}),
      ...(deps.length === 0 ? {} : { deps }),
    })),
  };
}
