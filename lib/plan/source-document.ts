import { InputError, type Problem, refuse } from '../errors';
import { type FieldPath, type Finding, formatPath } from './field-path';
import { parseJson } from './json-document';
import { type Position, textPositions } from './text-position';
import { parseYaml } from './yaml-document';

/** A place in a document: of a value, or of the key that leads to it. */
export interface Place {
  readonly path: FieldPath;
  readonly atKey?: boolean;
}

/** A text that was read without a syntax error. */
export interface SourceDocument {
  /** Plain data: mappings are objects that own their keys, `__proto__` included. */
  readonly value: unknown;
  /** What syntax allows and a plan does not: equal keys in one mapping, aliases of nothing. */
  readonly findings: readonly Finding[];
  /** Offsets of places; one that is not there is where the nearest mapping or list around it starts. */
  locate(places: readonly Place[]): number[];
}

/** A syntax error. */
export interface SyntaxFault {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}

/** What to do about a fault that has no hint of its own. */
export const CORRECT_YAML = 'correct the YAML; text with signs of YAML in it needs quotes';

/** Characters a document may have: 50 MiB of ASCII; what it takes to read them fits into memory. */
export const MAX_LENGTH = 50 * 1024 * 1024;

/**
 * JSON is tried first, because it is read ten times faster; whatever is not JSON is read as YAML 1.2, of
 * which JSON is a part, whatever the name of the file.
 * @throws InputError with every syntax error
 */
export function parseDocument(text: string, file: string): SourceDocument {
  if (text.length > MAX_LENGTH)
    throw refuse(
      'too-large',
      `${file}: a plan has at most ${MAX_LENGTH} characters, this one ${text.length}`,
    );
  const json = parseJson(text);
  if (!(json instanceof SyntaxError)) return json;
  const read = parseYaml(text);
  if ('value' in read) return read;
  const hint = /^\s*[[{]/.test(text) ? `as JSON: ${json.message.replaceAll('\n', ' ')}` : CORRECT_YAML;
  const at = textPositions(text);
  throw new InputError(
    read.map(({ offset, ...fault }) => ({ hint, ...fault, file, path: '', ...at(offset) })),
  );
}

/** Where findings are; one for each. */
export type LocateFindings = (findings: readonly Finding[]) => readonly Position[];

/** Where findings are in a document that was read as one text. */
export const locateIn =
  (text: string, document: SourceDocument): LocateFindings =>
  (findings) => {
    const at = textPositions(text);
    const offsets = document.locate(findings);
    return findings.map(({ offset }, index) => at(offset ?? offsets[index]!));
  };

/** Findings as problems with their line and column, in the order of the document. */
export function toProblems(findings: readonly Finding[], locate: LocateFindings, file: string): Problem[] {
  const positions = locate(findings);
  return findings
    .map((finding, index) => ({ finding, at: positions[index]! }))
    .sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
    .map(({ finding: { code, message, path, hint }, at }) => ({
      code,
      message,
      file,
      path: formatPath(path),
      ...at,
      ...(hint === undefined ? {} : { hint }),
    }));
}
