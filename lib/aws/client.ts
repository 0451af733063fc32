/**
 * For how long one attempt is waited for, in ms: a service that takes a connection and says nothing is asked again over
 * another one, long before the time of the function is over.
 */
export const answeringWithin = (requestTimeout: number) =>
  ({
    requestHandler: {
      ...{ connectionTimeout: 5_000, requestTimeout, throwOnRequestTimeout: true },
      // That which comes of an answer as a stream may take longer, as long as something comes.
      socketTimeout: requestTimeout,
    },
  }) as const;

/**
 * What all clients have in common; region, credentials and endpoint come from the environment alone. The
 * pauses between five attempts are 8 s at most, so that several calls fit into a function's time; after that
 * Step Functions tries again.
 */
export const CLIENT = { retryMode: 'standard', maxAttempts: 5, ...answeringWithin(10_000) } as const;
/** The same where nobody tries again, such as on the command line: half a minute of throttling is outlived. */
export const PATIENT_CLIENT = { ...CLIENT, maxAttempts: 8 } as const;

/** Makes a thing when it is first asked for, and gives the same one from then on. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
