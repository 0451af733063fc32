import { getHeapStatistics } from 'node:v8';
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
} from 'yaml';
import type { FieldPath, Finding } from './field-path';
import { equalKey } from './json-document';
import type { Place, SourceDocument, SyntaxFault } from './source-document';

/** A plan nests eight levels; the parser has up to two entries a level. */
const MAX_DEPTH = 100;
/** The syntax tree takes up to 700 bytes a lexeme (measured); this much of it fits into memory. */
const MAX_LEXEMES = Math.floor(getHeapStatistics().heap_size_limit / 1000);
/** Values that aliases stand for, written out; what expands to more is an attack. */
const MAX_ALIASED = 2_000_000;

/** The code of the fault that an alias or an anchor is in a part of a document: its counterpart may be in another one. */
export const ALIAS = 'alias';

/**
 * Reads one YAML 1.2 document (core schema, no merge keys, no tags); answers with every syntax error.
 * @param isPart whether the text is part of a document, and so may have no aliases and no anchors
 */
export function parseYaml(text: string, isPart = false): SourceDocument | SyntaxFault[] {
  const unprintable = text.search(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/);
  if (unprintable >= 0) return [fault('a control character', unprintable, 'write it as an escape, "\\x07"')];
  const tokens = tokenize(text);
  if ('code' in tokens) return [tokens];
  const document = compose(tokens, text.length);
  const faults = document.errors.concat(document.warnings);
  if (faults.length > 0) return faults.slice(0, 1000).map((f) => fault(f.message, f.pos[0]));
  return toPlain(document, isPart);
}

function fault(message: string, offset: number, hint?: string, code = 'syntax'): SyntaxFault {
  return { code, message, offset, ...(hint === undefined ? {} : { hint }) };
}

/** The concrete syntax, watched while it grows: composing it recurses, and all of it is kept in memory. */
function tokenize(text: string): CST.Token[] | SyntaxFault {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let documents = 0;
  function* run(): Generator<CST.Token> {
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme);
      lexemes += 1;
      if (parser.stack.length > MAX_DEPTH || lexemes > MAX_LEXEMES) return;
    }
    yield* parser.end();
  }
  for (const token of run()) {
    tokens.push(token);
    if (token.type === 'document' && ++documents > 1)
      return fault('a second document', token.offset, 'a plan is one document: remove what follows `---`');
  }
  if (parser.stack.length > MAX_DEPTH)
    return fault('nested too deeply', parser.offset, 'a plan nests eight levels', 'too-deep');
  if (lexemes > MAX_LEXEMES)
    return fault(
      'too large to be read as YAML in the memory there is',
      parser.offset,
      'write the plan as JSON, or give Node more with NODE_OPTIONS=--max-old-space-size=…',
      'too-large',
    );
  return tokens;
}

/** Without stack traces: a hostile text has millions of errors, and each trace takes a kilobyte. */
function compose(tokens: CST.Token[], length: number): Document.Parsed {
  const options = { schema: 'core', merge: false, resolveKnownTags: false } as const;
  const checks = { stringKeys: true, uniqueKeys: false, prettyErrors: false } as const;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const [document] = new Composer({ ...options, ...checks }).compose(tokens, true, length);
    return document!;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** An alias is the very value of its anchor, never a copy; what they would come to as copies is limited. */
function toPlain(document: Document.Parsed, isPart: boolean): SourceDocument | SyntaxFault[] {
  const findings: Finding[] = [];
  const faults: SyntaxFault[] = [];
  const anchors = new Map<string, { node: Node; value: unknown; size: number }>();
  const targets = new Map<Node, Node>();
  let size = 0;
  let aliased = 0;

  const convert = (node: Node | null | undefined, path: FieldPath): unknown => {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      if (isPart) faults.push(fault('an alias', node.range![0], undefined, ALIAS));
      const anchor = anchors.get(node.source);
      if (anchor === undefined) {
        faults.push(
          fault(`no anchor &${node.source} before this alias`, node.range![0], 'write the value out'),
        );
        return null;
      }
      size += anchor.size;
      aliased += anchor.size;
      if (aliased > MAX_ALIASED) return null;
      targets.set(node, anchor.node);
      return anchor.value;
    }
    const before = size++;
    const value = plain(node, path);
    if (isPart && node.anchor !== undefined)
      faults.push(fault('an anchor', node.range![0], undefined, ALIAS));
    if (node.anchor !== undefined) anchors.set(node.anchor, { node, value, size: size - before });
    return value;
  };
  const plain = (node: Node, path: FieldPath): unknown => {
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item, index) => convert(item as Node, [...path, index]));
    if (!isMap(node)) return null;
    const entries = new Map<string, unknown>();
    for (const pair of node.items) {
      const key = String((pair.key as { value?: unknown }).value ?? '');
      const inside = [...path, key];
      if (entries.has(key) && findings.length < 1000)
        findings.push(equalKey(inside, (pair.key as Node).range![0]));
      entries.set(key, convert(pair.value as Node | null, inside));
    }
    return Object.fromEntries(entries);
  };

  const value = convert(document.contents, []);
  if (aliased > MAX_ALIASED)
    return [fault('aliases expand to too many values', 0, 'write the values out', 'too-many-aliases')];
  if (faults.length > 0) return faults.slice(0, 1000);
  return { value, findings, locate: (places) => places.map((place) => locate(document, targets, place)) };
}

function locate(document: Document.Parsed, targets: ReadonlyMap<Node, Node>, { path, atKey }: Place): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  let key = offset;
  for (const step of path) {
    const inside: Node | null | undefined = node && (targets.get(node) ?? node);
    if (isSeq(inside) && typeof step === 'number') {
      node = inside.items[step] as Node | undefined;
      key = node?.range?.[0] ?? offset;
    } else if (isMap(inside)) {
      const pair = inside.items.findLast((p) => String((p.key as { value?: unknown }).value ?? '') === step);
      node = pair?.value as Node | null | undefined;
      key = (pair?.key as Node | undefined)?.range?.[0] ?? offset;
      if (pair !== undefined && node === null) return key;
    } else node = undefined;
    if (node === undefined) return offset;
    offset = node?.range?.[0] ?? key;
  }
  return atKey ? key : offset;
}
