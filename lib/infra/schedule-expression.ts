const RATE = /^rate\([1-9]\d{0,8} (minutes?|hours?|days?)\)$/;
const AT = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/;
const CRON = /^cron\(([\dA-Z*?,\-/#]+(?: [\dA-Z*?,\-/#]+){5})\)$/i;

/** What is wrong with an expression of EventBridge Scheduler, as far as can be said here; undefined: nothing. */
export function expressionFault(expression: string): string | undefined {
  if (RATE.test(expression)) return undefined;
  const at = AT.exec(expression)?.[1];
  if (at !== undefined) return isMoment(at) ? undefined : 'there is no such time';
  const fields = CRON.exec(expression)?.[1]?.split(' ');
  if (fields === undefined)
    return 'write it as rate(1 hour), cron(0 3 ? * MON-FRI *) with six fields, or at(2026-12-24T18:00:00)';
  const days = [fields[2], fields[4]].filter((field) => field === '?').length;
  return days === 1 ? undefined : 'of day of the month and day of the week one is `?`, and one is not';
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isMoment(text: string): boolean {
  const at = new Date(`${text}Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Whether a time zone has this name in the IANA database. */
export function isTimezone(name: string): boolean {
  // Offsets are time zones for Intl, and none for the scheduler.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
