'use strict';

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__test__', '<rootDir>/examples/testing'],
  // Beside the suites, the example that shows users how to test with Jest.
  testMatch: ['**/__test__/**/*.test.js', '**/examples/testing/jest.test.js'],
  testTimeout: 30_000,
};
