import { endOfBuild } from '../../../lib/engine/aws/build-end';

const AT = 1_700_000_000_000;
const phase = (PhaseType: string, PhaseStatus = 'SUCCEEDED', more: object = {}) => ({
  PhaseType,
  PhaseStatus,
  StartTime: AT,
  EndTime: AT + 2_000,
  ...more,
});
const failing = (Message: string, StatusCode = 'COMMAND_EXECUTION_ERROR') => ({
  Contexts: [{ StatusCode, Message }],
});
const BEFORE = ['SUBMITTED', 'QUEUED', 'PROVISIONING', 'DOWNLOAD_SOURCE', 'INSTALL', 'PRE_BUILD'].map(
  (type) => phase(type),
);
const build = (BuildStatus: string, ...Phases: object[]) => ({ Id: 'p:1', BuildStatus, Phases });
const end = (given: object, seconds = 60, error = 'States.TaskFailed') =>
  endOfBuild({ task: 0, attempt: 1, at: 0, name: 'n', error, result: JSON.stringify(given) }, seconds);

const words = 'Error while executing command: /bin/sh "$CODEBUILD_SRC_DIR/gate.sh". Reason: exit status 3';

describe('a build', () => {
  it('that succeeded is a pass, from the beginning of its command to its end', () => {
    expect(end(build('SUCCEEDED', ...BEFORE, phase('BUILD')))).toEqual({
      kind: 'ended',
      outcome: 'pass',
      exitCode: 0,
      startedAt: AT,
      endedAt: AT + 2_000,
      note: undefined,
    });
  });

  it('whose command failed is a failure with the exit code', () => {
    const given = build('FAILED', ...BEFORE, phase('BUILD', 'FAILED', failing(words)), phase('POST_BUILD'));
    expect(end(given)).toMatchObject({ outcome: 'fail', exitCode: 3, note: undefined });
  });

  it('is read however its fields and times are written, and whether it is wrapped or not', () => {
    const given = build('FAILED', ...BEFORE, phase('BUILD', 'FAILED', failing(words)));
    const lower = JSON.parse(
      JSON.stringify({ build: given })
        .replaceAll(
          /"([A-Z])(\w+)":/g,
          (_, first: string, rest: string) => `"${first.toLowerCase()}${rest}":`,
        )
        .replaceAll(`${AT}`, `"${new Date(AT).toISOString()}"`),
    );
    for (const other of [{ Build: given }, lower]) expect(end(other)).toEqual(end(given));
  });

  it.each([
    [2, 'timeout'],
    [3, 'fail'],
  ])('whose command took 2 s where %d were allowed is a %s', (seconds, outcome) => {
    const given = build('FAILED', phase('BUILD', 'FAILED', failing('Reason: exit status 143')));
    expect(end(given, seconds)).toMatchObject({ outcome });
  });

  it('that took too long as a whole is a timeout', () => {
    expect(end(build('TIMED_OUT', phase('BUILD', 'TIMED_OUT')))).toMatchObject({
      outcome: 'timeout',
      exitCode: null,
    });
  });

  it('whose image could not be had is a failure with the reason', () => {
    const problem = failing(
      "Unable to pull customer's container image",
      'BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE',
    );
    const given = build(
      'FAILED',
      phase('QUEUED'),
      phase('PROVISIONING', 'FAILED', problem),
      phase('COMPLETED', ''),
    );
    expect(end(given)).toMatchObject({
      outcome: 'fail',
      exitCode: null,
      startedAt: undefined,
      note:
        'the container could not be started: build p:1: PROVISIONING: ' +
        "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: Unable to pull customer's container image",
    });
  });

  it.each([
    ['was stopped', build('STOPPED', phase('BUILD', 'STOPPED')), 'build p:1: STOPPED'],
    ['had a fault', build('FAULT'), 'build p:1: FAULT'],
    [
      'could not read its sources',
      build('FAILED', phase('DOWNLOAD_SOURCE', 'FAILED', failing('no access', 'X'))),
      'build p:1: DOWNLOAD_SOURCE: X: no access',
    ],
    [
      'could not store its files',
      build('FAILED', phase('BUILD'), phase('UPLOAD_ARTIFACTS', 'FAILED')),
      'build p:1: UPLOAD_ARTIFACTS: FAILED',
    ],
    ['failed without a reason', build('FAILED'), 'build p:1: FAILED: no phase failed'],
  ])('that %s says nothing about the gate', (_, given, why) => {
    expect(end(given)).toEqual({ kind: 'lost', why });
  });

  it.each(['', 'no such project', '{"Build": {', 'null', '[]', '{"Id": 1}'])(
    'that is none (%j) says nothing about the gate but the error',
    (result) => {
      const given = { task: 0, attempt: 1, at: 0, name: 'n', error: 'CodeBuild.X', result };
      expect(endOfBuild(given, 60)).toEqual({ kind: 'lost', why: `CodeBuild.X: ${result}` });
    },
  );
});
