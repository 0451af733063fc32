import type { Callback } from './callback';
import type { CallbackStore } from './store';

/** Callbacks in memory, for tests. */
export function openMemoryCallbacks(): CallbackStore {
  const all = new Map<string, Callback>();
  const keyOf = (run: string, place: string) => JSON.stringify([run, place]);
  return {
    async put(run, place, callback, over) {
      const key = keyOf(run, place);
      const there = all.get(key);
      if (there === undefined || there.id === over) all.set(key, structuredClone(callback));
      return structuredClone(all.get(key)!);
    },
    async get(run, place) {
      return structuredClone(all.get(keyOf(run, place)));
    },
    async markRequested(run, place, id) {
      const there = all.get(keyOf(run, place));
      if (there?.id === id) all.set(keyOf(run, place), { ...there, requested: true });
    },
    async end(run, place, id, end) {
      const there = all.get(keyOf(run, place));
      if (there?.id !== id) return undefined;
      const ended = { ...there, end: there.end ?? structuredClone(end) };
      all.set(keyOf(run, place), ended);
      return structuredClone(ended);
    },
  };
}
