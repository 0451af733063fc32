import type { Callback } from './callback';
import type { Order, Waiter, WaiterStore } from './store';

/** Callbacks in memory, for tests. */
export function openMemoryCallbacks(): WaiterStore {
  const waiters = new Map<string, { readonly waiter: Waiter; readonly order: Order }>();
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
    async attach(run, place, waiter, order) {
      const there = waiters.get(keyOf(run, place));
      if (there === undefined || !isBefore(order, there.order))
        waiters.set(keyOf(run, place), { waiter: structuredClone(waiter), order });
    },
    async waiter(run, place) {
      return waiters.get(keyOf(run, place))?.waiter;
    },
  };
}

function isBefore(a: Order, b: Order): boolean {
  const at = a.findIndex((part, k) => part !== b[k]);
  return at >= 0 && a[at]! < b[at]!;
}
