import type { LoadOptions } from '../engine/watch-load';
import type { RunEvent } from '../run/messages';
import type { Logger } from '../telemetry/logger';

const NAMES = { cpu: 'processor', io: 'disks', memory: 'memory' } as const;

/** Says when there is too little of something, and when gates are held back for it. */
export function logLoad(logger: Logger): LoadOptions {
  const goOn = (seconds: number) => `gates go on after ${seconds.toFixed(1)} s`;
  const where = (above: boolean) => `${above ? 'above' : 'below'} its threshold`;
  return {
    memory: {
      onCrossing(above, { heapUsedBytes, thresholdBytes }) {
        const message = `memory is ${where(above)}: ${mb(heapUsedBytes)} of ${mb(thresholdBytes)} MB`;
        logger.warn('memory-threshold', message, { above, heapUsedBytes, thresholdBytes });
      },
      onThrottle: () => logger.warn('memory-throttle', 'new gates are held back until memory drops'),
      onRelease: (seconds) => logger.warn('memory-release', goOn(seconds), { seconds: toMs(seconds) }),
    },
    pressure: {
      onCrossing(resource, above, { percent, thresholdPercent }) {
        const message = `the pressure on the ${NAMES[resource]} is ${where(above)} of ${thresholdPercent} %: ${percent} %`;
        logger.warn(`${resource}-threshold`, message, { above, percent, thresholdPercent });
      },
      onThrottle: (resource) =>
        logger.warn(
          `${resource}-throttle`,
          `new gates are held back until the pressure on the ${NAMES[resource]} drops`,
        ),
      onRelease: (resource, seconds) =>
        logger.warn(`${resource}-release`, goOn(seconds), { seconds: toMs(seconds) }),
    },
  };
}

/** Says how many gates may run at once from now on. */
export function logLimit(logger: Logger, { limit, why }: Extract<RunEvent, { event: 'limit' }>): void {
  const gates = limit === 1 ? 'one gate runs' : `${limit} gates run`;
  logger.info('worker-limit', `at most ${gates} at once: ${why}`, { limit });
}

/** Seconds with three digits, as is precise enough for whoever reads a log. */
const toMs = (seconds: number) => Math.round(seconds * 1000) / 1000;

const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
