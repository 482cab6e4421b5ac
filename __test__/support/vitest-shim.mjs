// Stands in for vitest, so that a test file written for it runs without it: node:test, and the two
// matchers that the file uses. `vitest-loader.mjs` puts it in vitest's place.

import assert from 'node:assert/strict';

export { afterEach, beforeEach, test } from 'node:test';

export const expect = (actual) => ({
  toBe: (expected) => assert.equal(actual, expected),
  toEqual: (expected) => assert.deepEqual(actual, expected),
});
