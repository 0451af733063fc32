import { BUILDSPEC, TREE_SOURCE } from '../engine/aws/buildspec';
import { FILES } from '../engine/aws/take-build';
import { backoff, EVENTS, integration, jsonata, placeholder, type State } from './asl';

/** CodeBuild had a fault or no room; nothing was started. A build that fails is none of these. */
const START_FAULTS = [
  'CodeBuild.AccountLimitExceededException',
  'CodeBuild.ThrottlingException',
  'CodeBuild.AWSCodeBuildException',
  'CodeBuild.SdkClientException',
];
/** Attempts after the first to start a build. */
export const BUILD_RETRIES = 12;

/** How long a build may wait for its turn before it fails. */
const QUEUED_MINUTES = 60;
/** No build takes longer: 36 hours, and its turn. */
const LONGEST_SECONDS = (2_160 + QUEUED_MINUTES + 30) * 60;

/** Where a file of the run is. */
const inBucket = (key: string): string => jsonata(`'${placeholder('Bucket')}/' & $states.input.build.${key}`);

/** What `next` is told of the build, whatever it came to: it decides what that means for the gate. */
const told = (end: object) => ({
  task: jsonata('$states.input.build.task'),
  attempt: jsonata('$states.input.build.attempt'),
  at: jsonata('$states.input.build.at'),
  name: jsonata('$states.input.build.name'),
  ...end,
});

/**
 * Runs a gate in a container: a build of CodeBuild in the gate's image, of sources that are stored already. Every end
 * of it goes to `next`; one that fails arrives as an error whose cause is the build.
 * @param count what the lane counts, given the events of this state
 */
export function buildState(count: (added: number) => string): State {
  return {
    Type: 'Task',
    Resource: integration('codebuild:startBuild.sync'),
    Arguments: {
      ProjectName: placeholder('BuildProject'),
      // Tried again within minutes, the same build is the answer.
      IdempotencyToken: jsonata('$states.input.build.name'),
      ImageOverride: jsonata('$states.input.build.image'),
      ImagePullCredentialsTypeOverride: jsonata('$states.input.build.credentials'),
      PrivilegedModeOverride: false,
      TimeoutInMinutesOverride: jsonata('$states.input.build.minutes'),
      QueuedTimeoutInMinutesOverride: QUEUED_MINUTES,
      SourceTypeOverride: 'S3',
      SourceLocationOverride: inBucket('gate'),
      BuildspecOverride: BUILDSPEC,
      SecondarySourcesOverride: [{ Type: 'S3', Location: inBucket('tree'), SourceIdentifier: TREE_SOURCE }],
      ArtifactsOverride: {
        Type: 'S3',
        Location: placeholder('Bucket'),
        Path: jsonata('$states.input.build.output'),
        NamespaceType: 'NONE',
        Name: FILES,
        Packaging: 'NONE',
        OverrideArtifactName: false,
        // By the bucket itself, as all files of runs.
        EncryptionDisabled: true,
      },
      LogsConfigOverride: {
        CloudWatchLogs: { Status: 'DISABLED' },
        S3Logs: { Status: 'ENABLED', Location: inBucket('output'), EncryptionDisabled: true },
      },
    },
    TimeoutSeconds: LONGEST_SECONDS,
    Retry: [{ ErrorEquals: START_FAULTS, ...backoff, MaxAttempts: BUILD_RETRIES }],
    Catch: [
      {
        ErrorEquals: ['States.ALL'],
        Assign: {
          events: jsonata(`$events + ${EVENTS.build + EVENTS.retry * BUILD_RETRIES}`),
          build: told({
            error: jsonata('$states.errorOutput.Error'),
            // There may be none.
            result: jsonata("$states.errorOutput.Cause & ''"),
          }),
        },
        Output: {},
        Next: 'Next',
      },
    ],
    Assign: {
      events: count(EVENTS.build),
      build: told({ result: jsonata('$string($states.result.Build)') }),
    },
    Output: {},
    Next: 'Next',
  };
}
