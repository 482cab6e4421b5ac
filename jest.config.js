'use strict';

const common = { testEnvironment: 'node' };

/** The suites whose subject is not one wire profile: they run over both. */
const SHARED = [
  'abort',
  'audit-log',
  'bytes',
  'canary',
  'after-unknown',
  'close',
  'delivery',
  'diagnostics',
  'echo',
  'engine-log',
  'errors',
  'events',
  'hostile',
  'jest-realm',
  'lifecycle',
  'locks',
  'logger',
  'order',
  'retry',
  'secrecy',
  'token-source',
  'worker',
];

/** @type {import('jest').Config} */
module.exports = {
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'telephony-v2',
      roots: ['<rootDir>/__test__', '<rootDir>/examples/testing'],
      // Beside the suites, the example that shows users how to test with Jest.
      testMatch: ['**/__test__/**/*.test.js', '**/examples/testing/jest.test.js'],
    },
    {
      ...common,
      displayName: 'agent-session',
      roots: ['<rootDir>/__test__'],
      testMatch: SHARED.map((name) => `<rootDir>/__test__/${name}.test.js`),
      globals: { wireProfile: 'agent-session' },
    },
  ],
};
