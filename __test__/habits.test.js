'use strict';

// A file of tests as a program that was written after the tutorial has it. `habits/shared.js` is what Vitest runs as well.

const { habits, expectMocked, PARAMS } = require('./habits/shared');

habits({ mocks: jest, load: () => require('..') });

describe('modules', () => {
  const load = () => require('..');

  test('that are mocked whole', async () => {
    await expectMocked(jest.createMockFromModule('..'), jest);
  });

  test('that are mocked in part', () => {
    jest.resetModules();
    jest.doMock('..', () => ({ ...jest.requireActual('..'), injectWithRetry: jest.fn() }));
    const mocked = load();
    expect(jest.isMockFunction(mocked.injectWithRetry)).toBe(true);
    expect(jest.isMockFunction(mocked.validateDtmfPayload)).toBe(false);
    jest.dontMock('..');
  });

  test('that are loaded anew, or alone, know the errors of one another', async () => {
    const first = load();
    jest.resetModules();
    const copies = [load()];
    jest.isolateModules(() => copies.push(load()));
    await jest.isolateModulesAsync(async () => copies.push(load()));
    for (const { DTMFInjector } of copies) {
      const tokens = { getAccessToken: async () => 'none' };
      const injector = new DTMFInjector(tokens, { apiUrl: 'https://unused.example', logger: false });
      const error = await injector.injectDTMF({ ...PARAMS, callId: '' }).catch((caught) => caught);
      expect(first.isDtmfError(error)).toBe(true);
      expect(error).toBeInstanceOf(Error);
      await injector.close();
    }
    expect(new Set([first, ...copies]).size).toBe(4);
  });
});
