/**
 * A binary min-heap over small integers, kept in a plain array so that it can be copied and stored with the
 * state it belongs to. Both operations are O(log n).
 */
export function push(heap: number[], value: number): void {
  let child = heap.length;
  heap.push(value);
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[child] = heap[parent]!;
    child = parent;
  }
  heap[child] = value;
}

/** Removes and returns the smallest value; undefined when empty. */
export function pop(heap: number[]): number | undefined {
  const smallest = heap[0];
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return smallest;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
    if (heap[child]! >= last) break;
    heap[parent] = heap[child]!;
    parent = child;
  }
  heap[parent] = last;
  return smallest;
}

/** A heap of the given values. */
export function pushAll(values: readonly number[]): number[] {
  const heap: number[] = [];
  for (const value of values) push(heap, value);
  return heap;
}
