import { endsWithTrailers, type Trailer, withoutTrailers } from '../repository/trailers';

/** A gate that somebody has answered for. */
export interface WovenOverride {
  readonly gate: string;
  readonly user: string;
  readonly reason: string;
}

/**
 * The trailers of every commit that lands: which item and which run it comes from, and who answers for a gate of it
 * that has not passed.
 */
export function landingTrailers(
  item: string,
  runId: string,
  overrides: readonly WovenOverride[] = [],
): readonly Trailer[] {
  return [
    [ITEM_TRAILER, item],
    [RUN_TRAILER, runId],
    ...overrides.map(
      ({ gate, user, reason }): Trailer => [OVERRIDE_TRAILER, `${gate} by ${user}: ${reason}`],
    ),
  ];
}

export const ITEM_TRAILER = 'Lex-PR-Item';
const RUN_TRAILER = 'Lex-PR-Run';
const OVERRIDE_TRAILER = 'Lex-PR-Override';
const OURS: ReadonlySet<string> = new Set(
  [ITEM_TRAILER, RUN_TRAILER, OVERRIDE_TRAILER].map((token) => token.toLowerCase()),
);

/**
 * A commit message with trailers at its end: in the block that is there, or else in a paragraph of their own. What
 * the message says of that kind by itself is left out, be it made up or of another run.
 * @param subject stands in for an empty message, because git reads no trailers without a subject
 */
export function withTrailers(message: string, trailers: readonly Trailer[], subject: string): string {
  // Git shows nothing of a message from a NUL on.
  const shown = message.split('\0', 1)[0]!.trimEnd();
  const lead = shown.slice(0, shown.length - shown.trimStart().length);
  const own = withoutTrailers(shown.trimStart(), (token) => OURS.has(token));
  const text = own === '' ? oneLine(subject) : `${lead}${own}`;
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
