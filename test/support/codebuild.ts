import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import type { MemoryBlobs } from './memory-blobs';
import { unzip } from './unzip';

export const BUCKET = 'bucket';
export const PROJECT = 'project';

const location = z.string().regex(/^bucket\/runs\/[\w-]+\/(sources|builds)\/[\w.-]+$/);
const source = { Type: z.literal('S3'), Location: location };

/** What StartBuild is asked, as far as we ask it; anything else is refused. */
const startBuild = z.strictObject({
  ProjectName: z.literal(PROJECT),
  IdempotencyToken: z.string().min(1).max(64),
  ImageOverride: z.string().min(1),
  ImagePullCredentialsTypeOverride: z.enum(['CODEBUILD', 'SERVICE_ROLE']),
  PrivilegedModeOverride: z.literal(false),
  TimeoutInMinutesOverride: z.int().min(5).max(2_160),
  QueuedTimeoutInMinutesOverride: z.int().min(5).max(480),
  SourceTypeOverride: z.literal('S3'),
  SourceLocationOverride: location,
  BuildspecOverride: z.string().regex(/\.yml$/),
  SecondarySourcesOverride: z.array(
    z.strictObject({ ...source, SourceIdentifier: z.string().regex(/^\w+$/) }),
  ),
  ArtifactsOverride: z.strictObject({
    Type: z.literal('S3'),
    Location: z.literal(BUCKET),
    Path: z.string(),
    NamespaceType: z.literal('NONE'),
    Name: z.string(),
    Packaging: z.literal('NONE'),
    OverrideArtifactName: z.literal(false),
    EncryptionDisabled: z.literal(true),
  }),
  LogsConfigOverride: z.strictObject({
    CloudWatchLogs: z.strictObject({ Status: z.literal('DISABLED') }),
    S3Logs: z.strictObject({
      Status: z.literal('ENABLED'),
      Location: location,
      EncryptionDisabled: z.boolean(),
    }),
  }),
});
export type StartBuild = z.output<typeof startBuild>;

export interface Build {
  readonly Id: string;
  readonly BuildStatus: 'SUCCEEDED' | 'FAILED';
  readonly Phases: readonly Record<string, unknown>[];
}

/** What a build sees that gate code must not. */
const CREDENTIALS = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/s3cret' };

/**
 * A CodeBuild for tests: takes the arguments of StartBuild and does what its documentation says, with `sh` of this
 * machine for the image. Its unpacking knows neither links nor modes nor empty folders. May read and write with the
 * files of runs what the project's role may.
 * @throws ZodError for arguments that CodeBuild does not know
 */
export async function runBuild(blobs: MemoryBlobs, given: unknown): Promise<Build> {
  const call = startBuild.parse(given);
  const Id = `${PROJECT}:${call.IdempotencyToken}`;
  const phases: Record<string, unknown>[] = [];
  const phase = (PhaseType: string, problem?: string, StartTime = Date.now()) => {
    const Contexts = problem === undefined ? [] : [{ StatusCode: 'CLIENT_ERROR', Message: problem }];
    const PhaseStatus = problem === undefined ? 'SUCCEEDED' : 'FAILED';
    phases.push({ PhaseType, PhaseStatus, StartTime, EndTime: Date.now(), Contexts });
  };
  const end = (BuildStatus: Build['BuildStatus']): Build => ({ Id, BuildStatus, Phases: phases });

  phase('SUBMITTED');
  phase('QUEUED');
  if (call.ImageOverride.includes('missing')) {
    phase('PROVISIONING', `Unable to pull customer's container image: ${call.ImageOverride}`);
    return end('FAILED');
  }
  phase('PROVISIONING');
  const root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  try {
    const folders = new Map<string, string>();
    const sources = [
      { key: '', from: call.SourceLocationOverride },
      ...call.SecondarySourcesOverride.map((each) => ({
        key: `_${each.SourceIdentifier}`,
        from: each.Location,
      })),
    ];
    for (const [k, { key, from }] of sources.entries()) {
      const folder = join(root, `src${k}/src`);
      unpack(read(blobs, from), folder);
      folders.set(`CODEBUILD_SRC_DIR${key}`, folder);
    }
    phase('DOWNLOAD_SOURCE');
    const main = folders.get('CODEBUILD_SRC_DIR')!;
    const spec = JSON.parse(readFileSync(join(main, call.BuildspecOverride), 'utf8'));
    expect(Object.keys(spec).sort()).toEqual(['artifacts', 'phases', 'version']);
    const began = Date.now();
    const child = spawn('sh', ['-c', spec.phases.build.commands.join('\n')], {
      cwd: main,
      env: { PATH: process.env.PATH, HOME: '/root', ...CREDENTIALS, ...Object.fromEntries(folders) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let shown = '';
    child.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    const [status] = await once(child, 'exit');
    try {
      // With its container.
      process.kill(-child.pid!, 'SIGKILL');
    } catch {}
    const words = `Error while executing command: ${spec.phases.build.commands[0]}. Reason: exit status ${status}`;
    phase('BUILD', status === 0 ? undefined : words, began);
    phase('POST_BUILD');
    // Always attempted, even where the command has failed.
    const { Path, Name } = call.ArtifactsOverride;
    for (const file of globSync(spec.artifacts.files, { cwd: main }))
      if (lstatSync(join(main, file)).isFile())
        write(blobs, `${BUCKET}/${Path}/${Name}/${file}`, readFileSync(join(main, file)));
    phase('UPLOAD_ARTIFACTS');
    write(blobs, `${call.LogsConfigOverride.S3Logs.Location}/1234.gz`, gzipSync(shown));
    return end(status === 0 ? 'SUCCEEDED' : 'FAILED');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function unpack(archive: Buffer, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, content } of unzip(archive)) {
    if (name.endsWith('/')) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content, { mode: 0o644 });
  }
}

const READABLE = /^bucket\/runs\/[^/]+\/sources\//;
const WRITABLE = /^bucket\/runs\/[^/]+\/builds\//;

function read({ files }: MemoryBlobs, place: string): Buffer {
  const file = READABLE.test(place) ? files.get(place.slice(`${BUCKET}/`.length)) : undefined;
  if (file === undefined) throw new Error(`access to ${place} is denied`);
  return file;
}

function write({ files }: MemoryBlobs, place: string, content: Buffer): void {
  if (!WRITABLE.test(place)) throw new Error(`access to ${place} is denied`);
  files.set(place.slice(`${BUCKET}/`.length), content);
}
