const { join } = require('node:path');
const { globalSetup: _, ...base } = require('../../jest.config.js');

const run = [
  'bisect',
  'search',
  'fail-fast',
  'hold',
  'line',
  'override',
  'probe-points',
  'record',
  'results',
  'speculation',
  'step',
];
const merge = ['closure', 'message', 'revoke', 'weave'];

/** Tests that need no build and take little time, in one order. */
module.exports = {
  ...base,
  rootDir: join(__dirname, '../..'),
  testMatch: [
    ...run.map((name) => `<rootDir>/test/run/${name}.spec.ts`),
    ...merge.map((name) => `<rootDir>/test/merge/${name}.spec.ts`),
    // Weaving and landing on a repository in memory.
    ...['check', 'memory'].map((name) => `<rootDir>/test/invariants/${name}.spec.ts`),
  ],
  // This runs in a copy below coverage/.
  testPathIgnorePatterns: ['/node_modules/'],
  randomize: false,
  maxWorkers: 1,
  moduleNameMapper: { '^fast-check$': '<rootDir>/test/stryker/fast-check.js' },
};
