import { getHeapStatistics } from 'node:v8';
import { InputError, type Problem, refuse } from '../errors';
import type { ItemCollector } from './collect-items';
import type { DocumentBytes } from './document-bytes';
import { jsonParts, type PartFormat, yamlParts } from './document-parts';
import { type Finding, isMapping } from './field-path';
import {
  CORRECT_YAML,
  type LocateFindings,
  MAX_LENGTH,
  type SourceDocument,
  type SyntaxFault,
} from './source-document';
import { JsonSplitter } from './split-json';
import { YamlSplitter } from './split-yaml';
import type { Piece, Splitter } from './splitter';
import { endOf, inDocument, type Position, textPositions } from './text-position';
import { utf8Of } from './utf8';
import { ALIAS } from './yaml-document';

/** What is wrong with the syntax is said of so many places. */
const MAX_FAULTS = 1000;

/** What a plan takes (measured), and how much of the heap it may take. */
const ITEM_BYTES = 600;
const DEP_BYTES = 60;
const MAX_HEAP = getHeapStatistics().heap_size_limit * 0.75;

export interface PartsDocument {
  /** The document with an empty list of items. */
  readonly frame: Record<string, unknown>;
  readonly findings: readonly Finding[];
  readonly locate: LocateFindings;
}

/** Some items, and where they are. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly start: Position;
  /** The index of the first of them. */
  readonly first: number;
}

/** Part of the frame. */
interface Segment {
  readonly text: string;
  /** Offset in the text of the frame. */
  readonly from: number;
  readonly start: Position;
}

/**
 * Reads a document piece by piece, and gives its items away as they come: what stays in memory is the frame, and
 * where the pieces are. What has to be told of an item later is looked up in the document again.
 * @param pieceBytes about so much is parsed at once
 * @returns undefined where that cannot be done: there is no list of items in the way that a splitter expects it, or
 *   items have aliases
 * @throws InputError with every syntax error
 */
export async function readParts(
  bytes: DocumentBytes,
  file: string,
  pieceBytes: number,
  items: ItemCollector,
): Promise<PartsDocument | undefined> {
  const head = bytes.read(0, 4096);
  const isJson = /^(?:\xef\xbb\xbf)?\s*\{/.test(head.toString('latin1'));
  const splitter = isJson ? new JsonSplitter(pieceBytes) : new YamlSplitter(pieceBytes);
  const reading = new PartsReading(bytes, file, isJson ? jsonParts : yamlParts, splitter, items);
  // The mark of the byte order is no part of the text.
  const skip = head.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  return reading.read(skip);
}

class PartsReading {
  private readonly parts: Part[] = [];
  private readonly segments: Segment[] = [];
  private readonly findings: Finding[] = [];
  private readonly faults: (SyntaxFault & { readonly at: Position })[] = [];
  /** Where the next piece starts. */
  private at: Position = { line: 1, column: 1 };
  private offset = 0;
  private rest = Buffer.alloc(0);
  private first = 0;
  private hasAliases = false;

  constructor(
    private readonly bytes: DocumentBytes,
    private readonly file: string,
    private readonly format: PartFormat,
    private readonly splitter: Splitter,
    private readonly items: ItemCollector,
  ) {}

  async read(skip: number): Promise<PartsDocument | undefined> {
    let left = skip;
    this.offset = skip;
    for await (const chunk of this.bytes.chunks()) {
      const bytes = chunk.subarray(left);
      left = Math.max(0, left - chunk.length);
      this.rest = this.rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.rest, bytes]);
      for (const piece of this.splitter.push(bytes)) this.take(piece, skip);
      if (this.splitter.isLost || this.hasAliases) return undefined;
      if (this.rest.length > MAX_LENGTH) {
        if (this.parts.length === 0) return undefined;
        throw refuse('too-large', `${this.file}: an item of more than ${MAX_LENGTH} bytes`);
      }
    }
    for (const piece of this.splitter.finish()) this.take(piece, skip);
    this.take({ kind: 'frame', end: this.offset + this.rest.length - skip }, skip);
    if (this.splitter.isLost || this.hasAliases || this.parts.length === 0) return undefined;
    return this.finish(skip);
  }

  private take({ kind, end }: Piece, skip: number): void {
    const length = end + skip - this.offset;
    const text = this.textOf(this.rest.subarray(0, length));
    const from = this.offset;
    const start = this.at;
    this.rest = this.rest.subarray(length);
    this.offset += length;
    this.at = endOf(text, start);
    if (kind === 'items') this.takeItems(text, { from, to: this.offset, start, first: this.first });
    else {
      const before = this.segments.at(-1);
      this.segments.push({ text, from: before === undefined ? 0 : before.from + before.text.length, start });
    }
  }

  private takeItems(text: string, part: Part): void {
    if (this.items.isFull) return;
    const read = this.format.parseItems(text, this.parts.length === 0);
    this.parts.push(part);
    if (!('value' in read)) {
      this.hasAliases ||= read.some(({ code }) => code === ALIAS);
      this.addFaults(read, (offset) => inDocument(textPositions(text)(offset), part.start));
      return;
    }
    for (const item of read.value) if (!this.items.isFull) this.items.add(item);
    for (const {
      path: [index, ...path],
      ...finding
    } of read.findings)
      if (this.findings.length < MAX_FAULTS)
        this.findings.push({ ...finding, path: ['items', part.first + (index as number), ...path] });
    this.first += read.value.length;
    if (this.first * ITEM_BYTES + this.items.deps * DEP_BYTES > MAX_HEAP)
      throw refuse(
        'too-large',
        `${this.file}: more than ${this.first} items do not fit into the memory there is`,
        'split the plan, or give Node more with NODE_OPTIONS=--max-old-space-size=…',
      );
  }

  private addFaults(faults: readonly SyntaxFault[], at: (offset: number) => Position): void {
    for (const fault of faults)
      if (this.faults.length < MAX_FAULTS) this.faults.push({ ...fault, at: at(fault.offset) });
  }

  private finish(skip: number): PartsDocument | undefined {
    const text = this.segments.map((segment) => segment.text).join('');
    const frame = this.format.parseFrame(text);
    if (!('value' in frame)) this.addFaults(frame, (offset) => this.inFrame(offset));
    else {
      // A line that only looked like the key is part of something else.
      const { keyAt } = this.splitter;
      const [key] = frame.locate([{ path: ['items'], atKey: true }]);
      if (keyAt !== undefined && key !== this.textOf(this.bytes.read(skip, skip + keyAt)).length)
        return undefined;
    }
    if (this.faults.length > 0 || !('value' in frame))
      throw new InputError(this.faults.map((f) => this.problem(f)));
    if (!isMapping(frame.value)) return undefined;
    return {
      frame: { ...frame.value, items: [] },
      findings: [...frame.findings, ...this.findings],
      locate: (findings) => this.locate(findings, frame),
    };
  }

  private problem({ code, message, hint, at }: SyntaxFault & { readonly at: Position }): Problem {
    return { code, message, file: this.file, path: '', ...at, hint: hint ?? CORRECT_YAML };
  }

  private locate(findings: readonly Finding[], frame: SourceDocument): Position[] {
    const positions = new Array<Position>(findings.length);
    const byPart = new Map<Part, number[]>();
    const ofFrame: number[] = [];
    for (const [
      k,
      {
        path: [key, index],
      },
    ] of findings.entries()) {
      if (key !== 'items' || typeof index !== 'number') ofFrame.push(k);
      else {
        const part = this.partOf(index);
        const others = byPart.get(part);
        if (others === undefined) byPart.set(part, [k]);
        else others.push(k);
      }
    }
    const offsets = frame.locate(ofFrame.map((k) => findings[k]!));
    ofFrame.forEach((k, at) => {
      positions[k] = this.inFrame(findings[k]!.offset ?? offsets[at]!);
    });
    for (const [part, indices] of byPart) {
      const found = this.locateInPart(
        part,
        indices.map((k) => findings[k]!),
      );
      indices.forEach((k, at) => {
        positions[k] = found[at]!;
      });
    }
    return positions;
  }

  private locateInPart(part: Part, findings: readonly Finding[]): Position[] {
    const text = this.textOf(this.bytes.read(part.from, part.to));
    const read = this.format.parseItems(text, part === this.parts[0]);
    // Somebody may have changed the file meanwhile.
    if (!('value' in read)) return findings.map(() => part.start);
    const offsets = read.locate(
      findings.map(({ path: [, index, ...path], ...place }) => ({
        ...place,
        path: [(index as number) - part.first, ...path],
      })),
    );
    const at = textPositions(text);
    return findings.map(({ offset }, k) => inDocument(at(offset ?? offsets[k]!), part.start));
  }

  private partOf(index: number): Part {
    let low = 0;
    let high = this.parts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.parts[middle]!.first <= index) low = middle;
      else high = middle;
    }
    return this.parts[low]!;
  }

  private inFrame(offset: number): Position {
    const segment = this.segments.findLast(({ from }) => from <= offset)!;
    return inDocument(textPositions(segment.text)(offset - segment.from), segment.start);
  }

  private textOf(bytes: Uint8Array): string {
    const text = utf8Of(bytes);
    if (text === undefined)
      throw refuse('encoding', `${this.file} is not UTF-8 text`, 'save the plan as UTF-8');
    return text;
  }
}
