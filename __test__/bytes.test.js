'use strict';

// Digits as bytes: pressed like text, and wiped before the call returns.

const { newBench, failure } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
const { params } = profile;

const bytes = (text) => new Uint8Array(Buffer.from(text, 'latin1'));

test('they are pressed, and wiped at once', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  const [array, buffer] = [bytes('4711#'), Buffer.from('0815*')];
  const pressed = [array, buffer].map((dtmfString) => injector.injectDTMF(params({ dtmfString })));
  expect([...array, ...buffer]).toEqual(Array(10).fill(0));
  for (const { audit } of await Promise.all(pressed)) expect(audit.dtmfString).toBe('*****');
  expect(platform.injections().map(({ body }) => profile.digitsOf(body))).toEqual(['4711#', '0815*']);
});

test('a part of a larger array is wiped and the rest is not', async () => {
  const platform = await bench.platform();
  const whole = bytes('99471199');
  await bench.injector(platform).injectDTMF(params({ dtmfString: whole.subarray(2, 6) }));
  expect(Buffer.from(whole).toString('latin1')).toBe('99\0\0\0\x0099');
});

test.each([
  ['1x', /position 2/],
  ['1\xff', /position 2/],
  ['', /non-empty/],
  ['1'.repeat(40), /exceeds maximum length/],
])('wrong ones are refused by their place, and wiped: %j', async (text, message) => {
  const platform = await bench.platform();
  const dtmfString = bytes(text);
  const error = await failure(bench.injector(platform).injectDTMF(params({ dtmfString })));
  expect(error.code).toBe('ERR_DTMF_INVALID');
  expect(error.message).toMatch(message);
  expect([...dtmfString]).toEqual(Array(text.length).fill(0));
});

test.each([
  ['a lock that is none', {}, { lock: 7 }],
  ['no options', {}, 5],
  ['a value that is no text', { dtmfType: Symbol('x'), maskRecording: 'yes' }, undefined],
])('they are wiped also when there is %s', async (_, more, options) => {
  const platform = await bench.platform();
  const dtmfString = bytes('4711#');
  const wrong = { ...params({ dtmfString }), ...more };
  const error = await failure(bench.injector(platform).injectDTMF(wrong, options));
  expect(error.code).toBe('ERR_DTMF_INVALID');
  expect([...dtmfString]).toEqual([0, 0, 0, 0, 0]);
});

test('they are wiped also when another property throws', async () => {
  const platform = await bench.platform();
  const dtmfString = bytes('4711#');
  const wrong = Object.defineProperty(params({ dtmfString }), 'interDigitPause', {
    get() {
      throw new Error('no');
    },
  });
  const error = await failure(bench.injector(platform).injectDTMF(wrong));
  expect(error.code).toBe('ERR_DTMF_INVALID');
  expect([...dtmfString]).toEqual([0, 0, 0, 0, 0]);
});

test('a method of their own does not keep them', async () => {
  const platform = await bench.platform();
  const dtmfString = Object.assign(bytes('4711#'), {
    fill() {
      throw new Error('no');
    },
  });
  await bench.injector(platform, { digits: 'clear' }).injectDTMF(params({ dtmfString }));
  expect([...dtmfString].every((byte) => byte === 0)).toBe(true);
});

test("digits: 'clear' shows them all the same", async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { digits: 'clear' });
  const { audit } = await injector.injectDTMF(params({ dtmfString: bytes('47#') }));
  expect(audit.dtmfString).toBe('47#');
  expect(audit.validation.frequencies).toHaveLength(3);
});
