import { AsyncLocalStorage } from 'node:async_hooks';
import { bind, type Fields, LOG_LEVELS, type Logger } from '../../telemetry/logger';

const current = new AsyncLocalStorage<Logger>();

/**
 * The log of the call that a function is answering: whatever the call does writes here, and its lines carry what
 * the call is about. Outside of a call nothing is written.
 */
export const log: Logger = Object.fromEntries(
  LOG_LEVELS.map((level) => [
    level,
    (...line: Parameters<Logger['info']>) => current.getStore()?.[level](...line),
  ]),
) as Logger;

/** Does something as a call whose log this is. */
export const withLog = <T>(logger: Logger, act: () => T): T => current.run(logger, act);

/** Does something, every line of which carries these fields as well. */
export function logWith<T>(about: Fields, act: () => T): T {
  const logger = current.getStore();
  return logger === undefined ? act() : current.run(bind(logger, about), act);
}
