/** Programs that benches measure against: each is found, or installed, where it is first asked for. */
export interface Peers {
  /** @throws Error that says how to get it when there is none */
  ninja(): { readonly command: string; readonly version: string };
}

/** The program, or why there is none. */
export function findPeer<T>(find: () => T): T | { readonly missing: string } {
  try {
    return find();
  } catch (error) {
    return { missing: (error as Error).message };
  }
}
