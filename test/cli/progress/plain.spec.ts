import fc from 'fast-check';
import { plainProgress } from '../../../lib/cli/progress/plain';
import type { ProgressEvent } from '../../../lib/cli/progress/progress';
import { view } from './sample';

function linesOf(...events: ProgressEvent[]): string[] {
  const written: string[] = [];
  const sink = plainProgress({ write: (text) => written.push(text) });
  for (const event of events) sink.event(event);
  sink.end();
  return written;
}

const end = {
  kind: 'gate-end',
  item: 'api',
  gate: 'test',
  status: 'pass',
  ms: 1234,
  cached: false,
  attempt: 1,
  lane: 1,
  active: 2,
} as const;

describe('plainProgress', () => {
  it.each<[ProgressEvent, string]>([
    [
      { kind: 'gate-start', item: 'api', gate: 'test', attempt: 1, lane: 0, active: 1 },
      'gate test of api taken up, lane 0, 1 active',
    ],
    [
      { kind: 'gate-start', item: 'api', gate: 'test', attempt: 2, lane: 1, active: 2 },
      'gate test of api (attempt 2) taken up, lane 1, 2 active',
    ],
    [end, 'gate test of api passed in 1.2s, lane 1, 2 active'],
    [{ ...end, cached: true }, 'gate test of api passed (cached), lane 1, 2 active'],
    [
      { ...end, item: null, status: 'fail' },
      'gate test of the woven commit failed in 1.2s, lane 1, 2 active',
    ],
    [{ ...end, status: 'timeout', ms: 65_000 }, 'gate test of api timed out after 1m 05s, lane 1, 2 active'],
    [{ ...end, status: 'skipped' }, 'gate test of api skipped, lane 1, 2 active'],
    [{ kind: 'item-end', item: 'api', status: 'merged', reason: null }, 'item api merged'],
    [{ kind: 'item-end', item: 'api', status: 'merged', reason: null, dryRun: true }, 'item api would merge'],
    [{ kind: 'item-end', item: 'api', status: 'failed', reason: null, dryRun: true }, 'item api failed'],
    [
      { kind: 'item-end', item: 'api', status: 'failed', reason: 'conflict: a' },
      'item api failed: conflict: a',
    ],
    [{ kind: 'item-end', item: 'web', status: 'blocked', reason: null }, 'item web blocked'],
    [{ kind: 'phase', phase: 'weave' }, 'weaving'],
    [{ kind: 'phase', phase: 'verify' }, 'verifying'],
    [{ kind: 'phase', phase: 'land' }, 'landing'],
    [{ kind: 'note', text: 'two\nlines' }, 'two\\nlines'],
  ])('says %j in one line', (event, line) => expect(linesOf(event)).toEqual([`${line}\n`]));

  it('says how many items have ended, by the latest view', () => {
    const written: string[] = [];
    const sink = plainProgress({ write: (text) => written.push(text) });
    sink.update(view());
    sink.event({ kind: 'item-end', item: 'api', status: 'merged', reason: null });
    expect(written).toEqual(['item api merged [8/20]\n']);
  });

  it('passes log lines on as they are', () => {
    const written: string[] = [];
    plainProgress({ write: (text) => written.push(text) }).write('{"a":1}\n');
    expect(written).toEqual(['{"a":1}\n']);
  });

  it('writes one line without escape sequences for any names', () => {
    const name = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(name, name, (item, gate) => {
        for (const line of linesOf(
          { ...end, item, gate },
          { kind: 'item-end', item, status: 'failed', reason: gate },
        ))
          expect(line).toMatch(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]*\n$/);
      }),
    );
  });
});
