import { InputError, type Problem } from '../../errors';
import { requestProblems } from '../../request-problems';
import type { ControlServices } from './control';
import * as control from './control';
import { type ControlAnswer, controlCall } from './control-protocol';
import { log } from './function-log';
import { listPauses, pauseTargets, unpauseTargets } from './pause-targets';
import { queuedRuns } from './queued-runs';

/**
 * Answers a call of the control function. What is wrong with the call is part of the answer, a fault is thrown.
 */
export async function answer(services: ControlServices, event: unknown): Promise<ControlAnswer<unknown>> {
  const parsed = controlCall.safeParse(event);
  if (!parsed.success) return refused(requestProblems(parsed.error, ''));
  const { action } = parsed.data;
  log.debug('asked', `asked to ${action}`, { action });
  try {
    return { value: await act(services, parsed.data) };
  } catch (error) {
    if (error instanceof InputError) return refused(error.problems, action);
    throw error;
  }
}

function refused(problems: readonly Problem[], action?: string): { problems: readonly Problem[] } {
  const [first] = problems;
  log.info('refused', `refused: ${first?.message}`, { action, code: first?.code, problems: problems.length });
  return { problems };
}

async function act(services: ControlServices, call: ReturnType<typeof controlCall.parse>): Promise<unknown> {
  switch (call.action) {
    case 'upload':
      return control.upload(services, call);
    case 'submit':
      return control.submit(services, call);
    case 'list':
      return control.list(services, call);
    case 'queue':
      return { ...(await queuedRuns(services)), ...(await listPauses(services)) };
    case 'status':
      return control.status(services, call);
    case 'follow':
      return control.follow(services, call);
    case 'logs':
      return control.logs(services, call);
    case 'cancel':
      return control.cancel(services, call);
    case 'override':
      return control.override(services, call);
    case 'pause':
      return pauseTargets(services, call);
    case 'unpause':
      return unpauseTargets(services, call);
    case 'resume':
      return control.resume(services, call);
    case 'report':
      return control.report(services, call);
  }
}
