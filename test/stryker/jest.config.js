const { join } = require('node:path');
const { globalSetup: _, ...base } = require('../../jest.config.js');

const merge = [
  'candidate',
  'closure',
  'disjoint',
  'linearize',
  'merge-commits',
  'merger',
  'message',
  'revoke',
  'weave',
];

/** Tests that need no build and take little time, in one order. Those of landings (`merge/land-*`) start too many processes. */
module.exports = {
  ...base,
  rootDir: join(__dirname, '../..'),
  testMatch: [
    '<rootDir>/test/run/*.spec.ts',
    '<rootDir>/test/engine/coordinator.spec.ts',
    // Weaving and landing on a repository in memory.
    ...['check', 'memory'].map((name) => `<rootDir>/test/invariants/${name}.spec.ts`),
    // LEX_PR_STRYKER=run: a mutant of lib/run is noticed by these or by none, and the first look at all tests is short.
    ...(process.env.LEX_PR_STRYKER === 'run'
      ? []
      : merge.map((name) => `<rootDir>/test/merge/${name}.spec.ts`)),
  ],
  // This runs in a copy below coverage/.
  testPathIgnorePatterns: ['/node_modules/', '\\.emulator\\.spec\\.ts$'],
  randomize: false,
  maxWorkers: 1,
  moduleNameMapper: { '^fast-check$': '<rootDir>/test/stryker/fast-check.js' },
};
