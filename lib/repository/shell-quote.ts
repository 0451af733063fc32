/** A path as a shell takes it. */
export const shellQuote = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;
