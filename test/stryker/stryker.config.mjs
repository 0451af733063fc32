// npm run stryker: mutates what decides about a run. Others of lib/run and lib/merge: `-- --mutate 'lib/run/*.ts'`.
const decides = [
  'bisect',
  'hold',
  'item-end',
  'items',
  'outside',
  'override',
  'ready-queue',
  'results',
  'search',
  'speculation',
  'step',
  'stopping',
  'verification',
  'waived',
  'weaving',
];
const lands = ['attempt-move', 'closure', 'fence', 'message', 'move', 'push', 'revoke', 'weave'];

export default {
  mutate: [...decides.map((name) => `lib/run/${name}.ts`), ...lands.map((name) => `lib/merge/${name}.ts`)],
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'test/stryker/jest.config.js' },
  // Which tests come near a mutant is seen once; only those run on it.
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 3000,
  // TypeScript 7 has no API to read this with, and nothing here needs it.
  tsconfigFile: 'none.json',
  // Of words and codes other tests make sure.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['/dist', '/.emulator', '/docs', '/cdk.out'],
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'coverage/stryker.json' },
  tempDirName: 'coverage/stryker-tmp',
};
