/** Token and value of a line that git reads as metadata of a commit (git-interpret-trailers(1)). */
export type Trailer = readonly [token: string, value: string];

/**
 * The trailers of a commit's message, each value unfolded to one line. The rule is that of git 2.39 (trailer.c)
 * with its default settings: `trailer.*` and `core.commentChar` of a repository cannot change what a commit says.
 */
export function readTrailers(message: string): Trailer[] {
  const lines = withoutRemarks(message.replace(/^(?:[ \t\r]*\n)+/, '').split('\n'));
  const folded: string[][] = [];
  let open: string[] | undefined;
  for (const line of lines.slice(startOfTrailers(lines))) {
    if (open !== undefined && INDENTED.test(line)) open.push(line);
    else {
      open = TRAILER.test(line) ? [line] : undefined;
      if (open !== undefined) folded.push(open);
    }
  }
  return folded.map((parts) => {
    const [first = '', ...more] = parts;
    const at = first.indexOf(':');
    const value = [first.slice(at + 1), ...more.map((part) => part.replace(/^[ \t\r]+/, ''))].join(' ');
    return [trim(first.slice(0, at)), trim(value)];
  });
}

/** The values of the trailers of one token, in any case. */
export function trailerValues(message: string, token: string): string[] {
  const wanted = token.toLowerCase();
  return readTrailers(message)
    .filter(([found, value]) => found.toLowerCase() === wanted && value !== '')
    .map(([, value]) => value);
}

/** Whether a line put after a text would join the trailers at its end. @param text without space at its end */
export function endsWithTrailers(text: string): boolean {
  const lines = text.trimStart().split('\n');
  return startOfTrailers(lines) < lines.length;
}

/**
 * A text of which git reads no trailer with one of some tokens, nor cuts off as scissors do what is put after it.
 * @param text without space at its ends
 * @param isUnwanted asked for tokens in lower case
 */
export function withoutTrailers(text: string, isUnwanted: (token: string) => boolean): string {
  const lines = beforeScissors(text.split('\n'));
  const start = startOfTrailers(lines);
  let drops = false;
  const kept = lines.filter((line, at) => {
    if (at >= start && !INDENTED.test(line)) drops = TRAILER.test(line) && isUnwanted(tokenOf(line));
    return !drops;
  });
  const rest = kept.join('\n').trimEnd();
  // What stands before a paragraph that is gone is the last one now.
  return kept.length < lines.length ? withoutTrailers(rest, isUnwanted) : rest;
}

const tokenOf = (line: string) => trim(line.slice(0, line.indexOf(':'))).toLowerCase();

/** Without comments, blank lines and the list of conflicts of an old git at the end, and what scissors cut off. */
function withoutRemarks(lines: readonly string[]): readonly string[] {
  const kept = beforeScissors(lines);
  let end: number | undefined;
  let conflicts = false;
  kept.forEach((line, at) => {
    if (line === '' || line.startsWith('#')) end ??= at;
    else if (line === 'Conflicts:') {
      conflicts = true;
      end ??= at;
    } else if (!(conflicts && line.startsWith('\t'))) {
      end = undefined;
      conflicts = false;
    }
  });
  return kept.slice(0, end);
}

function beforeScissors(lines: readonly string[]): readonly string[] {
  const cut = lines.indexOf('# ------------------------ >8 ------------------------');
  return cut === -1 ? lines : lines.slice(0, cut);
}

/**
 * Where the last paragraph begins (find_trailer_start), unless it is the first, where every line of it is a
 * trailer, or where git itself wrote one of them and at least a quarter of them are trailers.
 * @returns the number of lines where there is no such paragraph
 */
function startOfTrailers(lines: readonly string[]): number {
  const none = lines.length;
  const title = lines.findIndex((line) => isBlank(line));
  let last = lines.length - 1;
  while (last > title && (isBlank(lines[last]!) || lines[last]!.startsWith('#'))) last -= 1;
  const before = lines.findLastIndex((line, at) => at <= last && isBlank(line));
  if (title === -1 || before < title) return none;

  let trailers = 0;
  let others = 0;
  let generated = false;
  let continued = false;
  for (const line of lines.slice(before + 1)) {
    if (isBlank(line)) continue;
    if (line.startsWith('#')) continued = false;
    else if (INDENTED.test(line)) others += continued ? 0 : 1;
    else {
      generated ||= GENERATED.test(line);
      continued = TRAILER.test(line) || GENERATED.test(line);
      if (continued) trailers += 1;
      else others += 1;
    }
  }
  const found = others === 0 ? trailers > 0 : generated && trailers * 3 >= others;
  return found ? before + 1 : none;
}

// What git takes for space; others may be in a name.
const isBlank = (line: string) => /^[ \t\r]*$/.test(line);
const trim = (text: string) => text.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
const INDENTED = /^[ \t\r]/;
const TRAILER = /^[A-Za-z0-9-]+[ \t]*:/;
const GENERATED = /^(Signed-off-by: |\(cherry picked from commit )/;
