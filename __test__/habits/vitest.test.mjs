// The same with Vitest, which `../vitest.test.js` runs.

import { createRequire } from 'node:module';
import { describe, expect, test, vi } from 'vitest';

import * as cxoneDtmf from 'cxone-dtmf';

const { SHARED } = process.env;
const { habits, expectMocked } = createRequire(import.meta.url)(SHARED);

habits({ mocks: vi, load: () => cxoneDtmf });

describe('modules', () => {
  test('that are mocked whole', async () => {
    vi.doMock('cxone-dtmf');
    await expectMocked(await import('cxone-dtmf'), vi);
    vi.doUnmock('cxone-dtmf');
  });

  test('that are mocked in part', async () => {
    vi.doMock('cxone-dtmf', async (original) => ({ ...(await original()), injectWithRetry: vi.fn() }));
    vi.resetModules();
    const mocked = await import('cxone-dtmf');
    expect(vi.isMockFunction(mocked.injectWithRetry)).toBe(true);
    expect(vi.isMockFunction(mocked.validateDtmfPayload)).toBe(false);
    vi.doUnmock('cxone-dtmf');
  });

  test('that are loaded anew', async () => {
    vi.resetModules();
    const again = await import('cxone-dtmf');
    const error = await new again.DTMFInjector(
      { getAccessToken: async () => 'none' },
      {
        apiUrl: 'https://unused.example',
        logger: false,
      },
    )
      .injectDTMF({})
      .catch((caught) => caught);
    expect(cxoneDtmf.isDtmfError(error)).toBe(true);
  });
});
