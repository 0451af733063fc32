import { blobKeys } from '../engine/aws/blobs';
import { type ControlServices, report } from '../engine/aws/control';
import { refuse } from '../errors';
import { preferred } from './accept';
import type { HttpRequest, HttpResponse } from './http';
import { refusal } from './http';

/** A function answers 6 MB at most. */
const MAX_BODY = 5 * 2 ** 20;
const URL_SECONDS = 3_600;
const FORMS = { 'application/json': 'report.json', 'text/markdown': 'report.md' } as const;
export const REPORT_TYPES = Object.keys(FORMS) as (keyof typeof FORMS)[];

/** The report of a run that has ended: JSON, or Markdown where that is asked for. A long one is elsewhere. */
export async function readReport(
  services: ControlServices,
  run: string,
  { headers }: HttpRequest,
): Promise<HttpResponse> {
  const type = preferred(headers.accept, REPORT_TYPES);
  if (type === undefined)
    return refusal(406, [{ code: 'not-acceptable', message: `a report is ${REPORT_TYPES.join(' or ')}` }]);
  // Says why, where there is none.
  await report(services, { action: 'report', run, from: 'report' });
  const key = blobKeys.file(run, FORMS[type]);
  const text = await services.blobs.get(key);
  if (text === undefined) throw refuse('no-report', `the files of run ${run} have expired`);
  if (text.length <= MAX_BODY)
    return {
      status: 200,
      headers: { 'content-type': `${type}; charset=utf-8` },
      body: text.toString('utf8'),
    };
  const location = await services.blobs.readUrl(key, URL_SECONDS);
  return { status: 303, headers: { location }, body: '' };
}
