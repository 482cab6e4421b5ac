'use strict';

const os = require('node:os');

const common = { testEnvironment: 'node' };

/** What `npm run test:long` runs, and `npm test` does not: minutes, not seconds. */
const LONG = '<rootDir>/__test__/long/';

/** The suites whose subject is not one wire profile: they run over both. */
const SHARED = [
  'abort',
  'audit-log',
  'bytes',
  'canary',
  'causes',
  'after-unknown',
  'close',
  'context',
  'delivery',
  'diagnostics',
  'echo',
  'engine-log',
  'errors',
  'events',
  'hostile',
  'in-doubt',
  'jest-realm',
  'lifecycle',
  'locks',
  'logger',
  'mocks',
  'order',
  'polluted',
  'retry',
  'secrecy',
  'split',
  'token-source',
  'worker',
];

/** @type {import('jest').Config} */
module.exports = {
  testTimeout: 60_000,
  // Most tests wait for timers and processes: more of them than processors run at once.
  maxWorkers: Math.max(4, os.cpus().length),
  projects: [
    {
      ...common,
      displayName: 'telephony-v2',
      roots: ['<rootDir>/__test__', '<rootDir>/examples/testing'],
      // Beside the suites, the example that shows users how to test with Jest.
      testMatch: ['**/__test__/**/*.test.js', '**/examples/testing/jest.test.js'],
      testPathIgnorePatterns: ['/node_modules/', LONG],
    },
    {
      ...common,
      displayName: 'agent-session',
      roots: ['<rootDir>/__test__'],
      testMatch: SHARED.map((name) => `<rootDir>/__test__/${name}.test.js`),
      globals: { wireProfile: 'agent-session' },
    },
    {
      ...common,
      displayName: 'long',
      roots: [LONG],
      setupFilesAfterEnv: [`${LONG}setup.js`],
    },
  ],
};
