/** Tests run in random order, in parallel and offline; see CONTRIBUTING.md. */
module.exports = {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/build.mjs',
  globalTeardown: '<rootDir>/test/support/after-all.mjs',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.emulator\\.spec\\.ts$'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  // Tests mostly wait for processes that they start.
  maxWorkers: '100%',
  // Of the heap in use: starting a process costs the more, the larger the worker is that a spec has left.
  workerIdleMemoryLimit: '200MB',
  // For what hangs; a busy machine is no failure.
  testTimeout: 30_000,
  randomize: true,
  watchman: false,
  transform: {
    '\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
};
