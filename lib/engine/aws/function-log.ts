/** One line of a function's log, as JSON, with what it is about in fields of their own. */
export function log(
  level: 'info' | 'warn' | 'error',
  event: string,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  const line = JSON.stringify({ time: new Date().toISOString(), level, event, message, ...fields });
  process.stdout.write(`${line}\n`);
}
