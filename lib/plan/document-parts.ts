import { parseJson } from './json-document';
import { parsePlainItems } from './plain-yaml';
import type { Place, SourceDocument, SyntaxFault } from './source-document';
import { JsonSplitter } from './split-json';
import type { Splitter } from './splitter';
import { parseYaml } from './yaml-document';

/** Some items that were read, as a document of a list. Offsets are those of the text that the piece is. */
export type ItemsDocument = SourceDocument & { readonly value: readonly unknown[] };

/** How a document that is read in pieces is written. */
export interface PartFormat {
  /** A piece of items. @param isFirst whether no piece of items comes before it */
  parseItems(text: string, isFirst: boolean): ItemsDocument | SyntaxFault[];
  /** The frame, without any items. */
  parseFrame(text: string): SourceDocument | SyntaxFault[];
}

const AS_JSON = 'a document of this size that begins with { is read as JSON: correct it there';

export const jsonParts: PartFormat = {
  parseItems(text, isFirst) {
    // The comma before the first element becomes the bracket.
    const added = isFirst ? 1 : 0;
    const list = isFirst ? `[${text}]` : `[${text.slice(1)}]`;
    const read = parseJson(list);
    if (read instanceof SyntaxError) {
      const { offset, ...fault } = elementAtFault(list, read);
      return [{ ...fault, offset: Math.max(0, offset - added) }];
    }
    const value = read.value as readonly unknown[];
    if (value.length === 0 && !isFirst)
      return [{ code: 'syntax', message: 'no item follows this comma', offset: 0, hint: AS_JSON }];
    return {
      value,
      findings: read.findings.map((finding) => ({ ...finding, offset: finding.offset! - added })),
      locate: (places) => read.locate(places).map((offset) => Math.max(0, offset - added)),
    };
  },
  parseFrame(text) {
    const read = parseJson(text);
    return read instanceof SyntaxError ? [faultOf(text, read)] : read;
  },
};

export const yamlParts: PartFormat = {
  parseItems(text) {
    const plain = parsePlainItems(text);
    const locate = (places: readonly Place[]) => {
      const read = parseYaml(text, true);
      return 'value' in read ? read.locate(places) : places.map(() => 0);
    };
    if (plain !== undefined) return { value: plain, findings: [], locate };
    const read = parseYaml(text, true);
    if (!('value' in read)) return read;
    const { value } = read;
    if (Array.isArray(value)) return { ...read, value };
    return [{ code: 'syntax', message: 'this is no list of items', offset: 0 }];
  },
  parseFrame: (text) => parseYaml(text),
};

/** The engine does not always say where: YAML, of which JSON is a part, does. */
function faultOf(text: string, { message }: SyntaxError): SyntaxFault {
  const read = parseYaml(text);
  const said = / at position (\d+)/.exec(message)?.[1];
  const offset = 'value' in read ? Number(said ?? 0) : read[0]!.offset;
  return { code: 'syntax', message: message.replaceAll('\n', ' '), offset, hint: AS_JSON };
}

/** The same for a long list: a fault of the element that is no JSON. */
function elementAtFault(list: string, error: SyntaxError): SyntaxFault {
  const splitter: Splitter = new JsonSplitter(0);
  const before = '{"items":';
  const bytes = Buffer.from(before + list);
  let start = Buffer.byteLength(`${before}[`);
  for (const { kind, end } of splitter.push(bytes)) {
    if (kind === 'frame') continue;
    const element = bytes.toString('utf8', start, end);
    const wrapped = start === before.length + 1 ? `[${element}]` : `[${element.slice(1)}]`;
    const read = parseJson(wrapped);
    if (read instanceof SyntaxError) {
      const { offset, ...fault } = faultOf(wrapped, read);
      const at = bytes.toString('utf8', before.length, start).length;
      return { ...fault, offset: at + offset - (start === before.length + 1 ? 1 : 0) };
    }
    start = end;
  }
  return faultOf(list, error);
}
