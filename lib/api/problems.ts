import type { Problem } from '../errors';
import { type HttpResponse, refusal } from './http';

/** What a refusal of the engine is in HTTP; everything else is a bad request. */
const STATUS: Readonly<Record<string, number>> = {
  'unknown-run': 404,
  'no-runs': 404,
  'no-report': 409,
  'run-ended': 409,
  'run-in-progress': 409,
  'not-begun': 409,
  'override-not-allowed': 403,
  'override-needless': 409,
  'override-too-late': 409,
  'override-useless': 409,
  paused: 409,
  'not-paused': 409,
  'key-reused': 422,
};

export const refused = (problems: readonly Problem[]): HttpResponse =>
  refusal(STATUS[problems[0]?.code ?? ''] ?? 400, problems);
