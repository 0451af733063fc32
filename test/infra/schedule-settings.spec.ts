import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { RootConstruct } from 'constructs';
import { InputError } from '../../lib/errors';
import { pyramidProps, readContext } from '../../lib/infra/context';
import type { MergePyramidProps } from '../../lib/infra/props';
import { expressionFault, isTimezone } from '../../lib/infra/schedule-expression';
import { checkSchedules } from '../../lib/infra/schedule-settings';
import { settingsOf } from '../../lib/infra/settings';
import { parseDocument } from '../../lib/plan/source-document';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const BRANCHES = { from: 'branches', repository: 'https://git.example/shop' };
const SCHEDULE = { name: 'nightly', expression: 'rate(1 day)', plan: BRANCHES };
const PLAN = 'schemaVersion: v1\nrepository: https://git.example/shop\ntarget: main\nitems: [{ name: a }]\n';
const GATED = `${PLAN}gates: [{ name: g, run: 'true' }]\n`;

const settings = (schedules: unknown) => settingsOf({ schedules } as unknown as MergePyramidProps).schedules;
function fromFile(file: string) {
  // An app would make a folder.
  const { node } = new RootConstruct();
  node.setContext('schedules', file);
  return settingsOf(pyramidProps(readContext(node), new Stack(new RootConstruct(), 'S'))).schedules;
}

function problems(make: () => unknown) {
  try {
    make();
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems;
  }
}
const messages = (schedules: unknown) => problems(() => settings(schedules)).map(({ message }) => message);

it('what is not said has its default; a schedule lands', () => {
  expect(settings([SCHEDULE])).toEqual([
    {
      ...SCHEDULE,
      timezone: 'UTC',
      execute: true,
      whenBusy: 'queue',
      enabled: true,
      plan: { ...BRANCHES, target: 'main', branches: [], gates: [], infer: null, ungated: null },
    },
  ]);
});

it.each([
  'rate(1 minute)',
  'rate(15 minutes)',
  'rate(1 hours)',
  'cron(0 3 ? * MON-FRI *)',
  'cron(0/15 8-18 1,15 * ? 2026-2030)',
  'cron(0 0 L * ? *)',
  'cron(0 0 ? * 6#3 *)',
  'at(2026-12-24T18:00:00)',
])('%s is an expression', (expression) => {
  expect(expressionFault(expression)).toBeUndefined();
});

it.each([
  'rate(0 minutes)',
  'rate(1 week)',
  'rate(1.5 hours)',
  'cron(0 3 * * *)',
  'cron(0 3 * * * *)',
  'cron(0 3 ? * ? *)',
  'cron(0 3 ? * MON  *)',
  '0 3 * * *',
  'at(2026-13-01T00:00:00)',
  'at(2026-12-24)',
  'at(2026-02-30T00:00:00)',
  'at(2026-12-24T24:00:00)',
  '',
])('%p is none', (expression) => {
  expect(expressionFault(expression)).toBeDefined();
});

it.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Mars/Olympus', false],
  ['+01:00', false],
  ['', false],
])('that %p is a time zone is %p', (name, is) => {
  expect(isTimezone(name)).toBe(is);
});

it('all that is wrong is said at once, by its field', () => {
  const wrong = messages([
    { ...SCHEDULE, name: '1st', expression: 'daily', timezone: 'Mars', whenBusy: 'wait', exceute: true },
    { ...SCHEDULE, maxWorkers: 0, execute: 'yes', plan: { from: 'tags' } },
    { expression: 'rate(1 day)', plan: { ...BRANCHES, repository: 'git@git.example:shop' } },
    { ...SCHEDULE, plan: { ...BRANCHES, target: 'a..b', gates: ['test'], branches: [''], infer: 'x' } },
    'nightly',
  ]);
  const fields = wrong.map((message) => /^(schedules\S*): /.exec(message)?.[1]).sort();
  expect(fields).toEqual(
    [
      'schedules[0].exceute',
      'schedules[0].name',
      'schedules[0].expression',
      'schedules[0].timezone',
      'schedules[0].whenBusy',
      'schedules[1].maxWorkers',
      'schedules[1].execute',
      'schedules[1].plan.from',
      'schedules[1].plan.repository',
      'schedules[2].name',
      'schedules[2].plan.repository',
      'schedules[3].name',
      'schedules[3].plan.target',
      'schedules[3].plan.gates[0]',
      'schedules[3].plan.branches[0]',
      'schedules[3].plan.infer',
      'schedules[4]',
    ].sort(),
  );
});

it.each([[{}], ['nightly'], [[{}]]])('%j is no list of schedules', (schedules) => {
  expect(messages(schedules)).not.toEqual([]);
});

describe('a plan that is to be stored', () => {
  it('is what the engine can run, and names its repository; else its lines say what is wrong', () => {
    expect(messages([{ ...SCHEDULE, plan: { file: write('good.yaml', GATED) } }])).toEqual([]);
    const bad = write('bad.yaml', GATED.replace('repository: https:', 'repository: ssh:'));
    const long = write('long.yaml', `${PLAN}gates: [{ name: g, run: x, timeoutSeconds: 900 }]\n`);
    const homeless = write('homeless.yaml', GATED.replace(/repository.*\n/, ''));
    const files = [bad, long, homeless, join(folder, 'none.yaml')];
    const found = problems(() =>
      settings(files.map((file, k) => ({ ...SCHEDULE, name: `s${k}`, plan: { file } }))),
    );
    expect(found.map(({ code, file, line }) => [code, file, line])).toEqual([
      ['repository-url', bad, 2],
      ['gate-too-long', long, 5],
      ['no-repository', homeless, 1],
      ['unreadable', files[3], undefined],
    ]);
    expect(found[3]).toMatchObject({
      message: 'there is no such file',
      hint: expect.stringContaining('folder'),
    });
  });
});

it('the example of docs/deploy.md is a list of schedules, and its tables have all of their fields', () => {
  const text = readFileSync(join(__dirname, '../../docs/deploy.md'), 'utf8');
  const [, section] = /^## Schedules\n([\s\S]*?)^## /m.exec(text)!;
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(section!)!;
  const list = parseDocument(example!, 'docs').value;
  expect([...checkSchedules(list)]).toEqual([]);
  const listed = [...section!.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field);
  const [schedule] = settings([{ ...SCHEDULE, maxWorkers: 1 }]);
  const { from: _, ...branches } = schedule!.plan as Record<string, unknown>;
  expect(listed.sort()).toEqual([...Object.keys(schedule!), ...Object.keys(branches)].sort());
});

describe('-c schedules=FILE', () => {
  it('is a list in YAML or JSON; plans lie where it says from its own folder', () => {
    write('plan.yaml', GATED);
    const yaml = write(
      'schedules.yaml',
      '- name: a\n  expression: rate(1 hour)\n  execute: false\n  plan: { file: plan.yaml }\n',
    );
    expect(fromFile(yaml)).toMatchObject([
      { name: 'a', execute: false, plan: { file: join(folder, 'plan.yaml') } },
    ]);
    const json = write('schedules.json', JSON.stringify([SCHEDULE]));
    expect(fromFile(json)).toEqual(settings([SCHEDULE]));
  });

  it('is refused with file, line and field', () => {
    const file = write(
      'schedules.yaml',
      '- name: a\n  expresion: rate(1 hour)\n  plan: { file: plan.yaml }\n',
    );
    const found = problems(() => fromFile(file));
    expect(found.map(({ code, path, line }) => [code, path, line])).toEqual([
      ['missing-field', '[0].expression', 1],
      ['unknown-key', '[0].expresion', 2],
    ]);
    expect(found.map((problem) => problem.file)).toEqual([file, file]);
    expect(problems(() => fromFile(join(folder, 'none.yaml'))).map(({ code }) => code)).toEqual([
      'unreadable',
    ]);
    expect(problems(() => fromFile(write('broken.yaml', '- a: [')))).not.toEqual([]);
  });
});
