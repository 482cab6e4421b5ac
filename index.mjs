import cxoneDtmf from './index.js';

export const {
  CXoneAuthClient,
  DtmfInjector,
  DTMFInjector,
  injectWithRetry,
  validateDtmfPayload,
  DtmfError,
  isDtmfError,
  DTMF_FREQUENCIES,
  SUPPORTED_DTMF_TYPES,
  MAX_SEQUENCE_LENGTH,
  MIN_INTER_DIGIT_PAUSE,
  MAX_INTER_DIGIT_PAUSE,
} = cxoneDtmf;
export default cxoneDtmf;
