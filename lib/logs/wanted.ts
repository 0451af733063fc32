import { refuse } from '../errors';
import { createNearest, suggest } from '../plan/nearest';
import { type Named, WOVEN } from './attempt';

/** Whose output is asked for: of an item, of a gate, of both, or of all. */
export interface Wanted {
  readonly item?: string;
  readonly gate?: string;
}

/**
 * The tasks of a run that are asked for.
 * @throws InputError for a name that the run does not have
 */
export function wantedTasks(run: Named, { item, gate }: Wanted): (task: number) => boolean {
  const nameOf = (at: number) => (at < 0 ? WOVEN : run.names[at]!);
  const ofItem = run.load.tasks.flatMap((task, index) =>
    item === undefined || nameOf(task.item) === item ? [{ index, gate: task.gate.name }] : [],
  );
  if (item !== undefined && item !== WOVEN && !run.names.includes(item))
    throw unknown('item', item, run.names, 'the run');
  const found = ofItem.filter((task) => gate === undefined || task.gate === gate);
  if (gate !== undefined && found.length === 0)
    throw unknown('gate', gate, [...new Set(ofItem.map((task) => task.gate))], whose(item));
  const tasks = new Set(found.map(({ index }) => index));
  return (task) => tasks.has(task);
}

const whose = (item: string | undefined) => (item === undefined ? 'the run' : JSON.stringify(item));

/** As many names are told. */
const TOLD = 10;

function unknown(what: 'item' | 'gate', name: string, known: readonly string[], where: string) {
  const more = known.length > TOLD ? `, … (${known.length})` : '';
  const list = known.length === 0 ? 'it has none' : `it has ${known.slice(0, TOLD).join(', ')}${more}`;
  return refuse(
    `unknown-${what}`,
    `${where} has no ${what} ${JSON.stringify(name)}`,
    suggest(createNearest()(name, known), list),
  );
}
