import { plainStyle } from '../style';
import { eventLine } from './event-line';
import type { ProgressSink, ProgressView } from './progress';

/**
 * Progress for anything but a terminal: one line an event, no colours. The line of an item that ends says
 * how many have, by the latest view.
 */
export function plainProgress(stream: { write(text: string): unknown }): Required<ProgressSink> {
  let items: ProgressView['items'] | undefined;
  return {
    event(event) {
      const ended = items === undefined ? 0 : items.passed + items.failed + items.blocked;
      const count = event.kind === 'item-end' && items !== undefined ? ` [${ended}/${items.total}]` : '';
      stream.write(`${eventLine(event, plainStyle)}${count}\n`);
    },
    update(view) {
      items = view.items;
    },
    write: (text) => void stream.write(text),
    end() {},
  };
}
