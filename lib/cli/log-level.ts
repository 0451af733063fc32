import { refuse } from '../errors';
import { LOG_LEVELS, type LogLevel } from '../telemetry/logger';
import type { Io } from './io';

/** How much is logged. @throws InputError when the variable says something else */
export function logLevel({ LEX_PR_LOG_LEVEL: given }: Io['env']): LogLevel {
  if (given === undefined || given === '') return 'info';
  const level = LOG_LEVELS.find((known) => known === given);
  if (level === undefined)
    throw refuse(
      'usage',
      `LEX_PR_LOG_LEVEL is ${JSON.stringify(given)}`,
      `it can be one of: ${LOG_LEVELS.join(', ')}`,
    );
  return level;
}
