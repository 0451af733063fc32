import { InputError } from '../../lib/errors';
import { loadPlan } from '../../lib/plan/load';

const PLAN = `schemaVersion: v1
target: main
gates: [{ name: test, run: 'true' }]
items: [{ name: a }]
policy:
  freeze:
`;
const problemsOf = (...windows: string[]) => {
  try {
    loadPlan(`${PLAN}${windows.map((window) => `    - ${window}\n`).join('')}`, {
      file: 'plan.yaml',
      folder: '/plans',
      defaultRepository: '/plans',
    } as never);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ path, line }) => `${path}:${line}`);
  }
};

describe('a freeze with problems', () => {
  it('has all of them told at once, at their fields', () => {
    expect(
      problemsOf(
        '{ cron: "0 16 * * FRI", durationMinutes: 60, timeZone: Europe/Berlin }',
        '{ cron: "61 16 * * FRI", durationMinutes: 60 }',
        '{ cron: "0 16 * * FRI", durationMinutes: 60, timeZone: Mars/X }',
        '{ cron: "0 0 30 2 *", durationMinutes: 0 }',
        '{ from: "2026-12-24T12:00:00+01:00", to: "2026-12-24T11:00:00Z" }',
        '{ from: "2026-12-24", to: "2026-12-25T12:00:00Z" }',
        '{ from: "2026-12-24T12:00:00Z" }',
        // Without a gap: exactly, in steps of minutes, by being longer than a year.
        '{ cron: "0 * * * *", durationMinutes: 60, timeZone: Europe/Berlin }',
        '{ cron: "* * * * *", durationMinutes: 120 }',
        '{ cron: "0 0 1 1 *", durationMinutes: 527040 }',
        '{ cron: "0 16 * * *", durationMinutes: 1440 }',
        // With one.
        '{ cron: "* 8-17 * * *", durationMinutes: 60 }',
        '{ cron: "0 * * * *", durationMinutes: 59 }',
        '{ cron: "0 0 * * MON-FRI", durationMinutes: 1440 }',
        '{ cron: "0 0 1 1 *", durationMinutes: 500000 }',
      ),
    ).toEqual([
      'policy.freeze[1].cron:8',
      'policy.freeze[2].timeZone:9',
      'policy.freeze[3].durationMinutes:10',
      'policy.freeze[4].to:11',
      'policy.freeze[5].from:12',
      'policy.freeze[6].to:13',
      'policy.freeze[7].durationMinutes:14',
      'policy.freeze[8].durationMinutes:15',
      'policy.freeze[9].durationMinutes:16',
      'policy.freeze[10].durationMinutes:17',
    ]);
  });
});
