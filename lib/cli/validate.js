'use strict';

const { DIGIT_OPTIONS, readDigits } = require('./digits.js');
const { EXIT } = require('./exit-codes.js');

const DEFAULT_TYPE = 'RFC2833';
const DEFAULT_PAUSE = 100;

const help = `Usage: cxone-dtmf validate [options]

Checks digits, type and pause without sending anything. The digits come from standard input, or on a terminal
from a prompt that shows nothing of them.

Options:
  --type <type>      RFC2833, SIPINFO or INBAND. Default: ${DEFAULT_TYPE}
  --pause <ms>       pause between two digits, 50 to 1000. Default: ${DEFAULT_PAUSE}
  --digits-stdin     read the digits from standard input, and never ask for them
  --json             one JSON object on standard output

Exit codes: 0 valid, 2 usage, 3 invalid.

Example:
  cxone-dtmf validate --type INBAND < digits.txt
`;

/** @type {import('./arguments.js').OptionSpecs} */
const options = {
  ...DIGIT_OPTIONS,
  type: { type: 'string' },
  pause: { type: 'string', whole: [0, 1_000_000] },
};

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, stdin, stderr, output, signal }) {
  const { isDtmfError, validateDtmfPayload } = require('../../index.js');
  const digits = await readDigits({ values, stdin, stderr, signal });
  let carrierCompatible;
  try {
    const type = values.type ?? DEFAULT_TYPE;
    ({ carrierCompatible } = validateDtmfPayload(digits, type, values.pause ?? DEFAULT_PAUSE));
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    const { code, message } = error;
    output.result('invalid', { ok: false, exitCode: EXIT.INVALID, valid: false, code, message });
    output.say(message);
    return EXIT.INVALID;
  }
  const note = carrierCompatible ? '' : ', but A, B, C and D do not pass every carrier and IVR';
  // Not the frequencies: they tell the digits.
  output.result(`valid${note}`, { ok: true, exitCode: EXIT.OK, valid: true, carrierCompatible });
  return EXIT.OK;
}

module.exports = { name: 'validate', summary: 'check digits without sending them', help, options, run };
