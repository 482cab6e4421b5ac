'use strict';

const { CXoneAuthClient } = require('./lib/auth-client.js');
const { DtmfError, isDtmfError } = require('./lib/errors.js');
const { injectWithRetry } = require('./lib/inject-with-retry.js');
const { DtmfInjector } = require('./lib/injector.js');
const payload = require('./lib/payload.js');

module.exports = {
  CXoneAuthClient,
  DtmfInjector,
  // The tutorial's spelling.
  DTMFInjector: DtmfInjector,
  injectWithRetry,
  validateDtmfPayload: payload.validateDtmfPayload,
  DtmfError,
  isDtmfError,
  DTMF_FREQUENCIES: payload.DTMF_FREQUENCIES,
  SUPPORTED_DTMF_TYPES: payload.SUPPORTED_DTMF_TYPES,
  MAX_SEQUENCE_LENGTH: payload.MAX_SEQUENCE_LENGTH,
  MIN_INTER_DIGIT_PAUSE: payload.MIN_INTER_DIGIT_PAUSE,
  MAX_INTER_DIGIT_PAUSE: payload.MAX_INTER_DIGIT_PAUSE,
};
