'use strict';

const { exitCodeOf } = require('../../lib/cli/exit-codes.js');
const { tables } = require('../../lib/tables.js');

const codes = tables().errors.map(({ code }) => code);

test('an unknown outcome is 8 whatever the code', () => {
  for (const code of [...codes, 'ERR_DTMF_OF_TOMORROW']) {
    expect(exitCodeOf({ code, delivery: 'unknown' })).toBe(8);
  }
});

test('nothing else is 8 or 0, and a code of tomorrow is internal', () => {
  for (const code of codes.filter((code) => code !== 'ERR_DTMF_OUTCOME_UNKNOWN')) {
    expect([1, 3, 4, 5, 6, 7]).toContain(exitCodeOf({ code, delivery: 'not-sent' }));
  }
  expect(exitCodeOf({ code: 'ERR_DTMF_OF_TOMORROW', delivery: 'not-sent' })).toBe(1);
  expect(exitCodeOf({ code: 'constructor', delivery: 'not-sent' })).toBe(1);
});
