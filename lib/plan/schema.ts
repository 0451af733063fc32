import * as z from 'zod';
import { BRANCH_NAME } from './branch-name';
import { freezeWindow } from './freeze-schema';
import { DEFAULT_MAX_CLASH_PROBES, DEFAULT_MAX_PROBES, MAX_WORKERS } from './limits';
import { PERFORMANCE_DEFAULTS } from './presets';
import { MAX_PRIORITY } from './priority';

/** The longest delay of a Node timer, 2³¹ − 1 ms; a longer one would fire at once. */
const MAX_SECONDS = 2_147_483;
/** Linux takes 128 KiB for one argument or variable; a character has at most 3 bytes a UTF-16 unit. */
const MAX_ARGUMENT = 40_000;

/** Names of items and gates. */
export const NAME = /^[^\p{Cc}\p{Cs}]{1,255}$/u;
const ENV_KEY = /^(?!LEX_PR_|GIT_|__proto__$)[A-Za-z_][A-Za-z0-9_]*$/;
/**
 * References to images as Docker and CodeBuild take them, in outline: it neither looks like an option nor has
 * anything in it that a shell or a URL would read otherwise. The engine knows the rest.
 */
const IMAGE = /^[A-Za-z0-9](?:[A-Za-z0-9._/:@+-]{0,510}[A-Za-z0-9])?$/;
const RELATIVE_PATH = /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\p{Cc}\p{Cs}]{1,4096}$/u;

const name = z
  .string()
  .regex(NAME, { error: 'a name has 1 to 255 characters, none of them a control character' });
const names = z.array(name);
const branch = z.string().regex(BRANCH_NAME, { error: 'not a branch name that git accepts' });
const relativePath = z
  .string()
  .regex(RELATIVE_PATH, { error: 'must be a relative path without any `..`, of 1 to 4096 characters' });
const argument = z
  .string()
  .max(MAX_ARGUMENT)
  .regex(/^[^\0]*$/, { error: 'must not hold a NUL character' });

const gate = z
  .strictObject({
    name: name.describe('Name of the gate, unique in its list.'),
    run: argument
      .regex(/\S/, { error: 'must hold a command' })
      .describe(
        'Shell command, run by `/bin/sh -c`. It passes when it exits with 0. With `runtime: ci-service` it starts ' +
          'the check, which then answers by a callback; on AWS it is not run, but told.',
      ),
    cwd: relativePath
      .default('.')
      .describe('Folder of the work tree in which the command runs, relative to its top.'),
    env: z
      .record(
        z.string().regex(ENV_KEY, {
          error: 'not a name for a variable: letters, digits and `_`; `LEX_PR_*` and `GIT_*` are reserved',
        }),
        argument,
      )
      .default({})
      .describe('Environment variables for the command. `LEX_PR_*` and `GIT_*` are reserved.'),
    timeoutSeconds: z
      .number()
      .positive()
      .max(MAX_SECONDS)
      .default(600)
      .describe(
        'Time limit in seconds; all that it started is killed when it is over. With `runtime: ci-service` the ' +
          'answer has to be there by then.',
      ),
    runtime: z
      .enum(['local', 'container', 'ci-service'])
      .default('local')
      .describe(
        'Where the gate runs: here, here in a container, or elsewhere, from where a callback brings the answer. ' +
          'Default: `container` where `policy.isolation` is `strict`.',
      ),
    image: z
      .string()
      .regex(IMAGE, { error: 'must name an image as registry/name:tag or registry/name@sha256:…' })
      .optional()
      .describe('Image of a gate whose runtime is `container`, best named by its digest.'),
    artifacts: z
      .array(relativePath)
      .default([])
      .describe('Glob patterns, relative to `cwd`, of files to keep after the gate.'),
    cache: z
      .enum(['tree', 'commit', 'off'])
      .default('tree')
      .describe('What a pass may be reused for: the same tree, the same commit, or nothing.'),
    flaky: z
      .enum(['quarantine'])
      .optional()
      .describe('`quarantine`: it runs and is reported, but blocks nothing, whatever names it.'),
  })
  .describe('A check of an item: a command.');

const gates = z.array(gate);

const item = z
  .strictObject({
    name: name.describe('Name of the item, unique in the plan.'),
    branch: branch.optional().describe('Branch to merge, without `refs/heads/`. Default: the name.'),
    sha: z
      .string()
      .regex(/^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, { error: 'a full commit id has 40 or 64 hex digits' })
      .optional()
      .describe('Full commit id that the item is pinned to.'),
    deps: names.default([]).describe('Names of the items that have to merge before this one.'),
    priority: z
      .int()
      .min(-MAX_PRIORITY)
      .max(MAX_PRIORITY)
      .default(0)
      .describe('Of what is ready, the higher goes first; what it depends on counts for no less.'),
    hotfix: z
      .boolean()
      .default(false)
      .describe(
        'Its gates and those of its deps go ahead of all that has not started; nothing is cancelled.',
      ),
    gates: gates.optional().describe('Gates of this item; they replace those of the plan.'),
  })
  .describe('One change: a branch or commit, the items it depends on, and its gates.');

const positive = z.number().positive();

/** Left out, a field is the preset's, or else this default, which the JSON Schema shows. */
const optional = <T extends z.ZodType>(type: T, field: keyof typeof PERFORMANCE_DEFAULTS) =>
  type.optional().meta({ default: PERFORMANCE_DEFAULTS[field] });

/** 100 is never exceeded. */
const pressure = z.number().min(1).max(99);

const performance = z
  .strictObject({
    maxMemoryMB: positive
      .optional()
      .describe('Heap limit in MB. Default: what the machine and Node allow, with a margin.'),
    batchSize: optional(positive.int(), 'batchSize').describe(
      'How much is handed out or processed at once, at most.',
    ),
    cacheTTLSeconds: optional(positive, 'cacheTTLSeconds').describe(
      'How long a cached result is valid, in seconds.',
    ),
    enableCaching: optional(z.boolean(), 'enableCaching').describe('Whether results are cached at all.'),
    throttleOnMemory: optional(z.boolean(), 'throttleOnMemory').describe(
      'Whether no new work starts while memory is above the threshold.',
    ),
    memoryThresholdPercent: optional(z.number().min(1).max(100), 'memoryThresholdPercent').describe(
      'Share of `maxMemoryMB`, in percent, above which work is held back.',
    ),
    throttleOnCpu: optional(z.boolean(), 'throttleOnCpu').describe(
      'Whether no new gate starts while the pressure on the processor is above the threshold.',
    ),
    cpuThresholdPercent: optional(pressure, 'cpuThresholdPercent').describe(
      'Share of the last ten seconds, in percent, in which some task waited for a processor: as `some avg10` of ' +
        '/proc/pressure/cpu.',
    ),
    throttleOnIo: optional(z.boolean(), 'throttleOnIo').describe(
      'Whether no new gate starts while the pressure on disks is above the threshold.',
    ),
    ioThresholdPercent: optional(pressure, 'ioThresholdPercent').describe(
      'Share of the last ten seconds, in percent, in which some task waited for a disk: as `some avg10` of ' +
        '/proc/pressure/io.',
    ),
  })
  .describe('Memory, load, batches and caches.');

const integration = z
  .union(
    [
      z.literal('none'),
      z.strictObject({
        gates: z
          .array(z.union([gate, name], { error: 'expected a gate, or the name of a plan-level gate' }))
          .min(1, { error: 'an empty list checks nothing: write `integration: none` if that is meant' })
          .optional()
          .describe(
            'Gates of the woven commit: gates, or names of plan-level gates. ' +
              "Default: the union of the items' required gates.",
          ),
        maxRetries: z
          .int()
          .min(0)
          .default(3)
          .describe('How often the weave is made anew because the target has moved.'),
        maxProbes: z
          .int()
          .min(0)
          .max(10_000)
          .default(DEFAULT_MAX_PROBES)
          .describe(
            'How many prefixes of a woven commit that fails may be verified in a run, to find the item that ' +
              'breaks it; 0: none, and nothing lands then.',
          ),
        maxClashProbes: z
          .int()
          .min(0)
          .max(100)
          .default(DEFAULT_MAX_CLASH_PROBES)
          .describe('How many of them may be spent for each such item on whom it clashes with.'),
      }),
    ],
    { error: 'expected `none`, or a mapping of `gates`, `maxRetries`, `maxProbes` and `maxClashProbes`' },
  )
  .describe('How the woven commit is verified before the target moves; `none` skips that.');

const retry = z.strictObject({
  maxAttempts: z.int().min(1).default(1).describe('How often the gate runs at most, the first included.'),
  backoffSeconds: z
    .number()
    .min(0)
    .max(MAX_SECONDS)
    .default(0)
    .describe('Seconds to wait before each further attempt.'),
});

const policy = z
  .strictObject({
    preset: z
      .enum(['small', 'medium', 'large', 'very-large', 'auto'])
      .optional()
      .describe('Workers, batches and memory for a number of items; fields given beside it win.'),
    maxWorkers: z
      .union([z.int().min(1).max(MAX_WORKERS), z.literal('auto')], {
        error: `expected a whole number from 1 to ${MAX_WORKERS}, or \`auto\``,
      })
      .optional()
      .describe(
        'How many gates run at once; `auto`: as many as processors, disks and memory of the machine allow, on AWS ' +
          "40. Default: the preset's, else the processor cores of the machine.",
      ),
    mergeStrategy: z
      .enum(['merge', 'squash', 'rebase'])
      .default('merge')
      .describe('What the items become on the target: merge commits, one commit each, or their commits.'),
    requiredGates: names.optional().describe('The only gates that are required. Default: all of them.'),
    optionalGates: names.default([]).describe('Gates that are not required, whatever else names them.'),
    blockOn: names.default([]).describe('Gates whose failure blocks even where they are optional.'),
    ungated: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe('Whether an item without any required gate may merge.'),
    isolation: z
      .enum(['default', 'strict'])
      .default('default')
      .describe('`strict`: every gate that is run here has to run in a container.'),
    freeze: z
      .array(freezeWindow)
      .max(100)
      .default([])
      .describe('Times during which gates run and nothing lands.'),
    speculation: z
      .enum(['off', 'deps'])
      .default('off')
      .describe('`deps`: the gates of an item may start before those of what it depends on have passed.'),
    failFast: z
      .boolean()
      .default(false)
      .describe('Whether the first item that fails ends the run: nothing more starts, and nothing lands.'),
    overrides: z
      .strictObject({
        adminGreen: z
          .array(
            z.string().regex(NAME, { error: 'a user has 1 to 255 characters, none of them a control one' }),
          )
          .default([])
          .describe('Users who may have a gate of an item count as passed, with a reason.'),
      })
      .prefault({})
      .describe('Who may override what.'),
    retries: z.record(name, retry).default({}).describe('Attempts by gate name.'),
    mergeRule: z
      .strictObject({ type: z.literal('strict-required').describe('Every required gate has to pass.') })
      .default({ type: 'strict-required' })
      .describe('When an item may merge.'),
    integration: integration.optional(),
    performance: performance.prefault({}),
  })
  .describe('How items are checked and merged.');

/** The document that people write. Rules between fields are in the `check-*` files. */
export const planSchema = z
  .strictObject({
    schemaVersion: z
      .string()
      .regex(/^(?:v1|1\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))$/, { error: 'must be "v1" or "1.x.y"' })
      .describe('Version of this format: `v1`, or `1.x.y`.'),
    repository: z
      .string()
      .regex(/^[^\p{Cc}\p{Cs}]{1,4096}$/u, { error: 'must be a path or a URL, without control characters' })
      .regex(/^(?![\w+.-]+::)/, { error: 'must be a path or a URL, not a remote helper' })
      .optional()
      .describe(
        'Path of a repository, relative to the folder of the plan, or a URL. ' +
          'Default: the repository of the current folder.',
      ),
    target: branch.describe('Branch that is merged into, without `refs/heads/`.'),
    gates: gates.default([]).describe('Gates of every item that has none of its own.'),
    policy: policy.prefault({}),
    items: z.array(item).describe('The changes to merge, in any order.'),
  })
  .describe('A lex-pr plan.');

/** A document that is valid in shape, with the constant defaults filled in. */
export type PlanDocument = z.output<typeof planSchema>;
