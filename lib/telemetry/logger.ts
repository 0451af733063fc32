import { styleText } from 'node:util';
import { plain } from './plain';
import { printable } from './printable';

/** From the least to the most urgent. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What belongs to a message, for machines; any values, as far as `plain` can show them. */
export type Fields = Readonly<Record<string, unknown>> & {
  readonly time?: never;
  readonly level?: never;
  readonly event?: never;
  readonly message?: never;
};

/** @param event stable, for machines: `memory-throttle`; @param message for people, one sentence */
type Log = (event: string, message: string, fields?: Fields) => void;
export type Logger = Readonly<Record<LogLevel, Log>>;

export interface LoggerOptions {
  readonly format: 'human' | 'json';
  /** What is less urgent is left out. */
  readonly level: LogLevel;
  /** Standard error in the product: standard output is for results. */
  readonly stream: { write(text: string): unknown };
  /** Human format only. */
  readonly colour: boolean;
  readonly now?: () => Date;
  /** JSON format only: of a line, in characters. One that is longer has long values cut. Default: no limit. */
  readonly maxLength?: number;
}

/** The same logger, with fields that each of its lines carries; what a line itself says of a field wins. */
export function bind(logger: Logger, bound: Fields): Logger {
  const logAt =
    (level: LogLevel): Log =>
    (event, message, fields = {}) =>
      logger[level](event, message, { ...bound, ...fields });
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
}

/**
 * Writes one line a message: `{"time","level","event","message",…fields}` as JSON, or
 * `HH:MM:SS level message key=value …` in local time. No value can make it throw or break the line.
 */
export function createLogger(options: LoggerOptions): Logger {
  const now = options.now ?? (() => new Date());
  const format = options.format === 'json' ? jsonLine : humanLine;
  const logAt = (level: LogLevel): Log => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(options.level)) return () => {};
    return (event, message, fields = {}) => {
      const data = plain(fields);
      const known = typeof data === 'object' ? { ...data } : { fields: data };
      options.stream.write(`${format({ time: now(), level, event, message }, known, options)}\n`);
    };
  };
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') };
}

interface Entry {
  readonly time: Date;
  readonly level: LogLevel;
  readonly event: string;
  readonly message: string;
}

function jsonLine(
  entry: Entry,
  fields: Readonly<Record<string, unknown>>,
  { maxLength = Number.POSITIVE_INFINITY }: LoggerOptions,
): string {
  // The entry's own keys come first and win, whatever untyped callers put into the fields.
  const all = { ...entry, ...fields, ...entry };
  const line = safeJson(all);
  return line.length <= maxLength ? line : safeJson(shortened(all));
}

/** JSON leaves some characters as they are; the log may be read on a terminal. */
const safeJson = (value: unknown) => printable(JSON.stringify(value));

/** Of a line that is too long: characters that are left of each value, and fields that are left at all. */
const SHORT = { value: 1_000, fields: 40 } as const;

function shortened(all: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const short = Object.entries(all)
    .slice(0, SHORT.fields)
    .map(([key, value]) => {
      const text = typeof value === 'string' ? printable(value) : safeJson(value ?? null);
      return [key, text.length <= SHORT.value ? value : `${text.slice(0, SHORT.value)}…`];
    });
  return Object.fromEntries(short);
}

const COLOURS = { debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red' } as const;

function humanLine(
  entry: Entry,
  fields: Readonly<Record<string, unknown>>,
  { colour }: LoggerOptions,
): string {
  const paint = (style: 'dim' | 'cyan' | 'yellow' | 'red', text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${printable(key)}=${printable(humanValue(value))}`);
  return [
    paint('dim', entry.time.toTimeString().slice(0, 8)),
    paint(COLOURS[entry.level], entry.level.padEnd(5)),
    printable(entry.message),
    ...(details.length === 0 ? [] : [paint('dim', details.join(' '))]),
  ].join(' ');
}

function humanValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"'=]+$/.test(value)) return value;
  if (isError(value)) return JSON.stringify(`${value.name}: ${value.message}`);
  return JSON.stringify(value);
}

/** An error after `plain`; its stack is for the JSON format. */
function isError(value: unknown): value is { name: string; message: string } {
  return typeof value === 'object' && value !== null && 'stack' in value && 'message' in value;
}
