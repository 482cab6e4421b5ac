'use strict';

// What the server says of the digits is masked, in every form they may have.

const { newBench, params, failure, printed } = require('./support/bench');

const bench = newBench();
const DIGITS = '4929187350';

test('a short sequence is masked where it stands alone', async () => {
  const platform = await bench.platform();
  platform.answer({ status: 400, body: { message: 'digit 7 refused at 17:27' } });
  const error = await failure(bench.injector(platform).injectDTMF(params({ dtmfString: '7' })));
  expect(error.response.data.message).toBe('digit ***** refused at 17:27');
});

test('a short token of a test is masked where it stands alone, and shreds nothing', async () => {
  const platform = await bench.platform();
  platform.answer({
    status: 400,
    headers: { 'x-token-state': 'token tok is stale', 'retry-after': '1' },
    body: { message: 'the token was not stored', tok: ['invalid_token', 'Bearer tok'], tokens: 1 },
  });
  const auth = { getAccessToken: async () => 'tok' };
  const { response } = await failure(bench.injectorWith(auth, platform).injectDTMF(params()));
  expect(response.data).toEqual({
    message: 'the token was not stored',
    '*****': ['invalid_token', 'Bearer *****'],
    tokens: 1,
  });
  expect(response.headers).toMatchObject({ 'x-token-state': 'token ***** is stale', 'retry-after': '1' });
});

test('a short client secret shreds nothing that the token endpoint says', async () => {
  const platform = await bench.platform();
  platform.answerToken({
    status: 400,
    body: { error: 'invalid_client', error_description: 'client_secret: secret is no match' },
  });
  const injector = bench.injector(platform, {}, { clientSecret: 'secret' });
  const { response } = await failure(injector.injectDTMF(params()));
  expect(response.data.error_description).toBe('client_secret: ***** is no match');
});

test('encoded forms of the sequence are masked', async () => {
  const platform = await bench.platform();
  const forms = ['49*18#', '49%2A18%23', '49%2a18%23', '49*18%23'];
  platform.answer({ status: 400, body: { forms } });
  const error = await failure(bench.injector(platform).injectDTMF(params({ dtmfString: '49*18#' })));
  expect(printed(error)).not.toMatch(/49(\*|%2a)18/i);
});

test("with digits: 'clear' nothing is masked", async () => {
  const platform = await bench.platform();
  platform.answer({ status: 400, body: `cannot play ${DIGITS}` });
  const error = await failure(bench.injector(platform, { digits: 'clear' }).injectDTMF(params()));
  expect(error.response.data).toBe(`cannot play ${DIGITS}`);
  expect(error.audit.dtmfString).toBe(DIGITS);
});

test("the data of a result is the caller's and not masked", async () => {
  const platform = await bench.platform();
  platform.answer({ body: { played: DIGITS } });
  const result = await bench.injector(platform).injectDTMF(params());
  expect(result.data).toEqual({ played: DIGITS });
  expect(JSON.stringify(result.audit)).not.toContain(DIGITS);
});
