import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { InputError, type Problem, refuse } from '../errors';
import { buildPlan } from './build-plan';
import { checkGates } from './check-gates';
import { checkItems } from './check-items';
import { checkRuntimes } from './check-runtimes';
import { checkShape } from './check-shape';
import type { Finding } from './field-path';
import { checkIsolation, isolate } from './isolation';
import { createNearest } from './nearest';
import { outline } from './outline';
import type { Plan } from './plan';
import { repositoryLocation } from './repository-location';
import { type PlanDocument, planSchema } from './schema';
import { locateFindings, MAX_LENGTH, parseDocument, type SourceDocument } from './source-document';
import { utf8Of } from './utf8';

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
const MAX_PROBLEMS = 1000;

/**
 * Reads a plan in YAML or JSON.
 * @throws InputError with every problem of the document (of its syntax, or else of its content): file, line,
 *   column, field, code and hint
 */
export function loadPlan(text: string, source: PlanSource): Plan {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const document = parseDocument(content, source.file);
  const refuseFor = (findings: Iterable<Finding>) => {
    const problems = problemsOf(findings, content, document, source.file);
    if (problems.length > 0) throw new InputError(problems);
  };
  refuseFor(checkDocument(document));
  const valid = isolate(planSchema.parse(document.value));
  refuseFor([...checkRuntimes(valid), ...(source.check?.(valid) ?? [])]);
  return buildPlan(
    valid,
    valid.repository === undefined
      ? source.defaultRepository
      : repositoryLocation(valid.repository, source.cwd),
    source.defaultWorkers,
  );
}

function* checkDocument({ value, findings }: SourceDocument): Generator<Finding> {
  if (value === null) {
    yield { code: 'empty', message: 'the plan is empty', path: [], hint: 'see `lex-pr schema`' };
    return;
  }
  const nearest = createNearest();
  const plan = outline(value);
  yield* findings;
  yield* checkShape(planSchema, value, [], nearest);
  yield* checkItems(plan.items, nearest);
  yield* checkGates(plan, nearest);
  yield* checkIsolation(plan);
}

function problemsOf(
  findings: Iterable<Finding>,
  content: string,
  document: SourceDocument,
  file: string,
): readonly Problem[] {
  const found = take(findings, MAX_PROBLEMS + 1);
  const problems = locateFindings(content, document, found.slice(0, MAX_PROBLEMS), file);
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

export interface ReadOptions {
  readonly stdin: Readable;
  /** Absolute current folder: for a relative path, and for what a plan from standard input refers to. */
  readonly cwd: string;
}

export interface ReadPlanOptions extends ReadOptions {
  readonly defaultRepository: string;
}

/**
 * Reads a plan from a file, or from standard input for `-`.
 * @throws InputError when it cannot be read, is not UTF-8, or is no valid plan
 */
export async function readPlan(pathOrDash: string, options: ReadPlanOptions): Promise<Plan> {
  const { text, file, cwd } = await readPlanText(pathOrDash, options);
  return loadPlan(text, { file, cwd, defaultRepository: options.defaultRepository });
}

/**
 * The text of a plan, not yet looked at, with what `loadPlan` has to know of it.
 * @throws InputError when it cannot be read, or is not UTF-8
 */
export async function readPlanText(
  pathOrDash: string,
  { stdin, cwd }: ReadOptions,
): Promise<{ readonly text: string } & Pick<PlanSource, 'file' | 'cwd'>> {
  if (pathOrDash === '-') return { text: await readText(stdin, '<stdin>'), file: '<stdin>', cwd };
  const path = resolve(cwd, pathOrDash);
  return { text: await readText(createReadStream(path), pathOrDash), file: pathOrDash, cwd: dirname(path) };
}

async function readText(stream: Readable, file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk));
      length += chunks.at(-1)!.length;
      // A character has at most 4 bytes; reading on would only fill the memory.
      if (length > MAX_LENGTH * 4) throw refuse('too-large', `${file}: more than ${MAX_LENGTH * 4} bytes`);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw refuse(
      'unreadable',
      `${file}: ${reason(error)}`,
      'give the path of a plan, or - for standard input',
    );
  }
  return planText(Buffer.concat(chunks), file);
}

/** @throws InputError where it is no text */
export function planText(document: Uint8Array, file: string): string {
  const text = utf8Of(document);
  if (text === undefined) throw refuse('encoding', `${file} is not UTF-8 text`, 'save the plan as UTF-8');
  return text;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EISDIR') return 'is a folder, not a file';
  if (code === 'EACCES') return 'may not be read';
  return message;
}
