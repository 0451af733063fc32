/** Token and value of a line that git reads as metadata of a commit (git-interpret-trailers(1)). */
export type Trailer = readonly [token: string, value: string];

/** The trailers of every commit that lands: which item and which run it comes from. */
export function landingTrailers(item: string, runId: string): readonly Trailer[] {
  return [
    [ITEM_TRAILER, item],
    ['Lex-PR-Run', runId],
  ];
}

export const ITEM_TRAILER = 'Lex-PR-Item';

/**
 * A commit message with trailers at its end: in the block that is there, or else in a paragraph of their own.
 * @param subject stands in for an empty message, because git reads no trailers without a subject
 */
export function withTrailers(message: string, trailers: readonly Trailer[], subject: string): string {
  const text = message.trimEnd() || oneLine(subject);
  const lines = trailers.map(([token, value]) => `${token}: ${oneLine(value)}\n`).join('');
  return `${text}\n${endsWithTrailers(text) ? '' : '\n'}${lines}`;
}

/** The first paragraph of a message as one line, as `git log --format=%s` shows it. */
export function subjectOf(message: string): string {
  return oneLine(message.trimStart().split(/\n[^\S\n]*\n/, 1)[0]!);
}

/** A text that must stay on its line, whatever it holds. */
function oneLine(text: string): string {
  return text.replace(/[\0\r\n]+/g, ' ').trim();
}

/**
 * Git's rule (find_trailer_start, trailer.c): the last paragraph, unless it is the first, where every line is a
 * trailer, or where git itself wrote one of them and at least a quarter of them are trailers.
 */
function endsWithTrailers(text: string): boolean {
  const paragraphs = text.trimStart().split(/\n(?:[^\S\n]*\n)+/);
  if (paragraphs.length < 2) return false;
  const lines = paragraphs.at(-1)!.split('\n');
  let trailers = 0;
  let others = 0;
  let continued = false;
  for (const line of lines) {
    if (/^\s/.test(line)) others += continued ? 0 : 1;
    else {
      continued = TRAILER.test(line) || GENERATED.test(line);
      if (continued) trailers += 1;
      else if (!line.startsWith('#')) others += 1;
    }
  }
  if (others === 0) return trailers > 0;
  return lines.some((line) => GENERATED.test(line)) && trailers * 3 >= others;
}

const TRAILER = /^[A-Za-z0-9-]+[ \t]*:/;
const GENERATED = /^(Signed-off-by: |\(cherry picked from commit )/;
