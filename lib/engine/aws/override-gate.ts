import { step } from '../../run/step';
import { mergeCommand } from '../merge-command';
import type { AskedOverride } from '../overridable';
import { overrideGate } from '../override-run';
import { overrideWarnings } from '../override-warnings';
import { logEvents } from './log-events';
import { answerLanes, type TurnServices } from './turn';

/**
 * Counts a gate of a run that has begun as passed. Who waits is handed what there is to do then in the same commit:
 * of the lanes that work, the first to come back may be long in coming.
 * @returns what whoever asks is warned of
 * @throws InputError where it is refused
 */
export async function overrideInRun(
  services: TurnServices,
  id: string,
  asked: AskedOverride,
): Promise<readonly string[]> {
  const run = await services.loadRun(id);
  const { record, ordered, load } = run;
  const { store, now } = services;
  const { task, state, events } = await overrideGate({
    ...{ store, record, ordered, load, asked, now },
    anew: (again, of) => mergeCommand(again, of, ' --engine aws'),
    goOn: (before, at) => step(load, before, [{ kind: 'clock' }], at),
  });
  if (events.length > 0) {
    await services.record(run, state, events);
    logEvents(run, state, events);
  }
  await answerLanes(services, id);
  return overrideWarnings(load, ordered, state, [{ task }]);
}
