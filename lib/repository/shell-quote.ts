/** A text as a POSIX shell takes it for one word, whatever it holds. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The same, plain where the shell takes it for one word anyhow. */
export const shellWord = (text: string): string => (/^[\w@%+:,./-]+$/.test(text) ? text : shellQuote(text));
