import { InputError, type Problem } from '../errors';
import { buildPlan } from './build-plan';
import { checkGates } from './check-gates';
import { checkItems } from './check-items';
import { checkRuntimes } from './check-runtimes';
import { checkShape } from './check-shape';
import { ItemCollector } from './collect-items';
import { type Finding, isMapping } from './field-path';
import { knowDeps } from './graph';
import { checkIsolation, isolate } from './isolation';
import { outline } from './outline';
import type { Plan } from './plan';
import { type ResolvedReferences, resolveReferences } from './references';
import { repositoryLocation } from './repository-location';
import { type PlanDocument, planSchema } from './schema';
import { type LocateFindings, locateIn, parseDocument, toProblems } from './source-document';

export interface PlanSource {
  /** For messages: a path, or `<stdin>`. */
  readonly file: string;
  /** Absolute folder from which a relative `repository` is resolved: that of the plan file. */
  readonly cwd: string;
  /** Absolute path or URL for a plan that names no repository. */
  readonly defaultRepository: string;
  /** For a plan that gives neither `maxWorkers` nor a preset. Default: the processor cores of this machine. */
  readonly defaultWorkers?: number;
  /** What is wrong with a valid plan for those who are to run it. */
  readonly check?: (document: PlanDocument) => Iterable<Finding>;
}

/** Problems that are reported at once; a hostile document has millions. */
export const MAX_PROBLEMS = 1000;

/**
 * Reads a plan in YAML or JSON.
 * @throws InputError with every problem of the document (of its syntax, or else of its content): file, line,
 *   column, field, code and hint
 */
export function loadPlan(text: string, source: PlanSource): Plan {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const document = parseDocument(content, source.file);
  const { value, findings } = document;
  const items = new ItemCollector(MAX_PROBLEMS + 1);
  if (!isMapping(value) || !Array.isArray(value.items))
    return planOf({ frame: value, findings, items, locate: locateIn(content, document) }, source);
  for (const item of value.items) if (!items.isFull) items.add(item);
  const frame = { ...value, items: [] };
  return planOf({ frame, findings, items, locate: locateIn(content, document) }, source);
}

/** A document that was read. */
export interface PlanContent {
  /** Where it has a list of items, with none in it. */
  readonly frame: unknown;
  readonly items: ItemCollector;
  readonly findings: readonly Finding[];
  readonly locate: LocateFindings;
}

/** The plan that a document says. @throws InputError with everything that is wrong with its content */
export function planOf(content: PlanContent, source: PlanSource): Plan {
  const refuseFor = (findings: Iterable<Finding>) => {
    const problems = problemsOf(findings, content.locate, source.file);
    if (problems.length > 0) throw new InputError(problems);
  };
  const references = resolveReferences(content.items.references);
  refuseFor(checkContent(content, references));
  const document = { ...planSchema.parse(content.frame), items: content.items.items };
  const valid = isolate(document);
  refuseFor([...checkRuntimes(valid), ...(source.check?.(valid) ?? [])]);
  const plan = buildPlan(
    valid,
    valid.repository === undefined
      ? source.defaultRepository
      : repositoryLocation(valid.repository, source.cwd),
    source.defaultWorkers,
  );
  knowDeps(plan.items, references.edges);
  return plan;
}

function* checkContent(
  { frame, findings, items }: PlanContent,
  references: ResolvedReferences,
): Generator<Finding> {
  if (frame === null) {
    yield { code: 'empty', message: 'the plan is empty', path: [], hint: 'see `lex-pr schema`' };
    return;
  }
  const { nearest } = items;
  const plan = outline(frame, items.outlines);
  yield* findings;
  yield* checkShape(planSchema, frame, [], nearest);
  yield* items.findings;
  yield* checkItems(plan.items, references, nearest);
  yield* checkGates(plan, nearest);
  yield* checkIsolation(plan);
}

function problemsOf(findings: Iterable<Finding>, locate: LocateFindings, file: string): readonly Problem[] {
  const found = take(findings, MAX_PROBLEMS + 1);
  const problems = toProblems(found.slice(0, MAX_PROBLEMS), locate, file);
  if (found.length <= MAX_PROBLEMS) return problems;
  const message = `there are more than ${MAX_PROBLEMS} problems`;
  return [...problems, { code: 'more-problems', message, file, hint: 'correct these first' }];
}

function take<T>(values: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const value of values) {
    taken.push(value);
    if (taken.length === count) break;
  }
  return taken;
}
