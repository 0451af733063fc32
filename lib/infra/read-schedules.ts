import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError, refuse } from '../errors';
import { locateIn, parseDocument, toProblems } from '../plan/source-document';
import type { ScheduleProps } from './schedule-props';
import { checkSchedules } from './schedule-settings';

/**
 * Reads a list of schedules in YAML or JSON. Plans that it names lie where it says from its own folder.
 * @throws InputError when it cannot be read, or with everything that is wrong with it by line and field
 */
export function readSchedules(file: string): readonly ScheduleProps[] {
  const text = readText(file);
  const document = parseDocument(text, file);
  const findings = [...document.findings, ...checkSchedules(document.value)];
  if (findings.length > 0) throw new InputError(toProblems(findings, locateIn(text, document), file));
  return (document.value as ScheduleProps[]).map((schedule) =>
    'file' in schedule.plan
      ? { ...schedule, plan: { file: resolve(dirname(file), schedule.plan.file) } }
      : schedule,
  );
}

function readText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw refuse('unreadable', `${file}: ${(error as Error).message}`, 'name a file with -c schedules=FILE');
  }
}
