const base = require('./jest.config.js');

/** Tests against the AWS emulator: all on one, each with tables, buckets and stacks of its own. */
module.exports = {
  ...base,
  globalSetup: '<rootDir>/test/support/emulator-setup.mjs',
  globalTeardown: '<rootDir>/test/support/emulator-teardown.mjs',
  testMatch: ['<rootDir>/test/**/*.emulator.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Most of the time they wait for the emulator.
  maxWorkers: 2,
};
