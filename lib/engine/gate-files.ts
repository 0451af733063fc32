import { join } from 'node:path';
import type { Task } from '../run/workload';
import { fileName } from './names';

/** Where the files of a gate lie in the artifact folder, on every engine. */

/** @param names of the items, by merge order */
export function logPath(names: readonly string[], task: Task, round: number, attempt: number): string {
  return join('logs', folderOf(names, task, round), `${fileOf(task)}.${attempt}.log`);
}

/** The folder of the files that the gate leaves. */
export function artifactsPath(names: readonly string[], task: Task, round: number): string {
  return join('artifacts', folderOf(names, task, round), fileOf(task));
}

/** A sign that no file name of an item has keeps the two apart. */
const folderOf = (names: readonly string[], { item, probe }: Task, round: number) =>
  item >= 0 ? fileName(names[item]!) : `integration@${round}${probe === 0 ? '' : `.${probe}`}`;

const fileOf = ({ gate, namesakes }: Task) =>
  namesakes === 0 ? fileName(gate.name) : `${fileName(gate.name)}@${namesakes + 1}`;
