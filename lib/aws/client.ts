/**
 * What all clients have in common; region, credentials and endpoint come from the environment alone. Eight attempts
 * with the SDK's growing pauses outlive about half a minute of throttling.
 */
export const CLIENT = { retryMode: 'standard', maxAttempts: 8 } as const;

/** Makes a thing when it is first asked for, and gives the same one from then on. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
