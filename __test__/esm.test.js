'use strict';

const { newBench } = require('./support/bench');
const { runProgram } = require('./support/program');

const NAMES = [
  'CXoneAuthClient',
  'DTMFInjector',
  'DTMF_FREQUENCIES',
  'DtmfError',
  'DtmfInjector',
  'MAX_INTER_DIGIT_PAUSE',
  'MAX_SEQUENCE_LENGTH',
  'MIN_INTER_DIGIT_PAUSE',
  'SUPPORTED_DTMF_TYPES',
  'injectWithRetry',
  'isDtmfError',
  'validateDtmfPayload',
];

const bench = newBench();

test('the CommonJS module exports these names, and the alias is the class', () => {
  const cjs = require('..');
  expect(Object.keys(cjs).sort()).toEqual([...NAMES].sort());
  expect(cjs.DTMFInjector).toBe(cjs.DtmfInjector);
});

test('the ES module exports the same names with the same identities', async () => {
  const ended = await runProgram(
    `
    import { createRequire } from 'node:module';
    import { ${NAMES.join(', ')} } from 'cxone-dtmf';
    import * as all from 'cxone-dtmf';
    const cjs = createRequire(import.meta.url)('cxone-dtmf');
    const named = { ${NAMES.join(', ')} };
    console.log(JSON.stringify({
      names: Object.keys(all).filter((name) => name !== 'default').sort(),
      differing: Object.keys(named).filter((name) => named[name] !== cjs[name]),
    }));
    `,
    { type: 'mjs' },
  );
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual({ names: [...NAMES].sort(), differing: [] });
});

test('an ES module program injects', async () => {
  const platform = await bench.platform();
  const ended = await runProgram(
    `
    import { CXoneAuthClient, DtmfInjector, injectWithRetry } from 'cxone-dtmf';
    const auth = new CXoneAuthClient(JSON.parse(process.env.CREDENTIALS));
    const injector = new DtmfInjector(auth, { apiUrl: process.env.URL, logger: false });
    const result = await injectWithRetry(injector, {
      telephonyProviderId: 'p', lineId: 'l', callId: 'c', dtmfString: '1', dtmfType: 'INBAND', interDigitPause: 50,
    });
    console.log(result.audit.delivery);
    `,
    { type: 'mjs', env: { URL: platform.url, CREDENTIALS: JSON.stringify(platform.credentials) } },
  );
  expect(ended).toMatchObject({ code: 0, stdout: 'accepted\n', stderr: '' });
  expect(platform.executions('c')).toHaveLength(1);
});
