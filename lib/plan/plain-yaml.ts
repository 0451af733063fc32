/** Indent, dash, then key with or without value, or a text alone. */
const ENTRY = /^( *)(- {1,8})?(?:([A-Za-z_]\w*):(?: +(\S.*))?|(\S.*))$/;
const NOTHING = /^ *(?:#[\x20-\x7e]*)?$/;

/** Texts that no rule of YAML takes for anything else, in lists in brackets too. */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
const KEYWORD = /^(?:null|true|false)$/i;
/** With one of these letters it is no number. */
const COMMIT = /^(?=[0-9a-f]*[a-df])[0-9a-f]{40,64}$/;
const QUOTED = /^(?:"[\x20\x21\x23-\x5b\x5d-\x7e]*"|'[\x20-\x26\x28-\x7e]*')$/;
const NUMBER = /^-?[1-9][0-9]{0,8}$/;
const LIST = /^\[(.*)\]$/;

/**
 * The items of a piece of YAML in which each is written as most are: keys one below the other, with words, quoted texts without
 * escapes, small numbers, and lists of these in brackets or below. Twenty times as fast as the parser.
 * @returns undefined for everything else, which is for the parser
 */
export function parsePlainItems(text: string): Record<string, unknown>[] | undefined {
  const items: Record<string, unknown>[] = [];
  let item: Record<string, unknown> | undefined;
  let list: unknown[] | undefined;
  /** Columns before the dashes of items, before their keys, before the dashes of the list. */
  let [itemIndent, keyIndent, listIndent] = [-1, -1, -1];
  for (const line of text.split('\n')) {
    if (NOTHING.test(line)) continue;
    const entry = ENTRY.exec(line);
    if (entry === null) return undefined;
    const [, spaces, dash, key, given, alone] = entry;
    const indent = spaces!.length;
    if (alone !== undefined) {
      if (list === undefined || dash === undefined || indent < keyIndent) return undefined;
      if (list.length > 0 && indent !== listIndent) return undefined;
      const value = scalar(alone);
      if (value === undefined) return undefined;
      listIndent = indent;
      list.push(value);
      continue;
    }
    // A key without a value is nothing, which is no list.
    if (list?.length === 0) return undefined;
    if (dash !== undefined) {
      if (itemIndent >= 0 && indent !== itemIndent) return undefined;
      itemIndent = indent;
      keyIndent = indent + dash.length;
      item = {};
      items.push(item);
    } else if (item === undefined || indent !== keyIndent) return undefined;
    if (key === '__proto__' || KEYWORD.test(key!) || Object.hasOwn(item, key!)) return undefined;
    list = given === undefined ? [] : undefined;
    const value = list ?? readValue(given!);
    if (value === undefined) return undefined;
    item[key!] = value;
  }
  return list?.length === 0 ? undefined : items;
}

function readValue(text: string): unknown {
  const inside = LIST.exec(text)?.[1];
  if (inside === undefined) return scalar(text);
  if (inside === '') return [];
  const names = inside.split(/, ?/);
  return names.every((name) => PLAIN.test(name) && !KEYWORD.test(name)) ? names : undefined;
}

function scalar(text: string): string | number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  if (PLAIN.test(text)) return KEYWORD.test(text) ? undefined : text;
  if (QUOTED.test(text)) return text.slice(1, -1);
  if (COMMIT.test(text)) return text;
  return NUMBER.test(text) ? Number(text) : undefined;
}
