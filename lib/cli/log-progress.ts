import type { Logger } from '../telemetry/logger';
import { eventLine } from './progress/event-line';
import type { ProgressSink } from './progress/progress';
import { plainStyle } from './style';

/** Progress as log lines, for machines. */
export function logProgress(logger: Logger, stream: { write(text: string): unknown }): ProgressSink {
  return {
    event({ kind, ...fields }) {
      logger.info(
        kind,
        eventLine({ kind, ...fields } as Parameters<typeof eventLine>[0], plainStyle),
        fields,
      );
    },
    write: (text) => void stream.write(text),
    end() {},
  };
}
