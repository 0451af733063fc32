import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AskedAtStart } from '../engine/overridable';
import { InputError, type Problem, refuse } from '../errors';
import type { Plan } from '../plan/plan';
import { NAME } from '../plan/schema';
import { reason } from './options';

export interface OverrideOptions {
  /** Each `ITEM:GATE@COMMIT`. */
  readonly override?: readonly string[];
  readonly user?: string;
  readonly reason?: string;
}

const userOf = (text: string) => {
  if (!NAME.test(text))
    throw new InvalidArgumentError('It must have 1 to 255 characters, none of them a control character.');
  return text;
};

/** Who answers for a gate, and why. */
export const whoAndWhy = (to: Command, isNeeded = false) =>
  to
    .addOption(
      new Option('--user <user>', 'who answers for it: one of `policy.overrides.adminGreen`')
        .argParser(userOf)
        .makeOptionMandatory(isNeeded),
    )
    .addOption(reason().makeOptionMandatory(isNeeded));

/** Overrides with which a run begins. */
export const overrides = (to: Command) =>
  whoAndWhy(
    to.option(
      '--override <item:gate@commit>',
      'count a gate as passed, for that head of the item alone; repeatable; needs --user and --reason',
      (value: string, before: readonly string[] = []) => [...before, value],
    ),
  );

/**
 * The overrides that options ask for.
 * @param by who types them
 * @throws InputError with all that is wrong with them
 */
export function askedOverrides(
  { override = [], user, reason: why }: OverrideOptions,
  plan: Plan,
  by: string,
): AskedAtStart[] {
  if (override.length === 0) {
    if (user === undefined && why === undefined) return [];
    throw refuse('usage', '--user and --reason are for --override', 'add it, or leave them out');
  }
  if (user === undefined || why === undefined)
    throw refuse('usage', '--override needs --user and --reason', 'say who answers for the gate, and why');
  const problems: Problem[] = [];
  const asked = override.flatMap((text) => {
    const found = parse(text, plan);
    if (found !== undefined) return [{ ...found, user, reason: why, by }];
    const message = `--override ${JSON.stringify(text)} is not ITEM:GATE@COMMIT`;
    problems.push({ code: 'usage', message, hint: 'COMMIT is the full id of the head of the item' });
    return [];
  });
  if (problems.length > 0) throw new InputError(problems);
  return asked;
}

/** Names may hold colons as well: the plan tells which one is meant. */
function parse(text: string, plan: Plan): Pick<AskedAtStart, 'item' | 'gate' | 'head'> | undefined {
  const [, names, head] = /^(.+:.+)@([0-9a-f]{40}|[0-9a-f]{64})$/is.exec(text) ?? [];
  if (names === undefined || head === undefined) return undefined;
  const splits = [...names.matchAll(/:/g)].map(({ index }) => ({
    item: names.slice(0, index),
    gate: names.slice(index + 1),
  }));
  const isThere = ({ item, gate }: (typeof splits)[number]) =>
    plan.items.some(({ name, gates }) => name === item && gates.some((of) => of.gate.name === gate));
  return { ...(splits.find(isThere) ?? splits[0]!), head };
}
