'use strict';

// What differs between the two wire profiles, for the suites that run over both. The project of jest.config.js says
// which one is meant; programs that a suite starts are told by the environment.
//
//   config           options of the injector
//   params(fields)   an injection with those fields, in the words of the profile; `callId` is the session's id too
//   digitsOf(body)   the digits of a body as it came over the wire
//   entry            what the entry shows of `params({})`
//   responseKeys     what `error.response` has where the body has a message

/** What `params` has unless told otherwise. */
const USUAL = { callId: 'call-1', dtmfString: '4929187350', interDigitPause: 150 };

const telephony = {
  name: 'telephony-v2',
  config: {},
  params: (fields = {}) => ({
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    dtmfType: 'RFC2833',
    ...USUAL,
    ...fields,
  }),
  digitsOf: (body) => JSON.parse(body).dtmf,
  entry: { dtmfType: 'RFC2833', interDigitPause: 150 },
  responseKeys: ['data', 'headers', 'reason', 'status'],
};

const session = {
  name: 'agent-session',
  // The shared suites are about order and delivery: nobody waits for tones, and 500 and 503 mean the same in both.
  config: { api: 'agent-session', playout: 'none', atomicServerErrors: true },
  params(fields = {}) {
    const { callId, ...shared } = { ...USUAL, ...fields };
    return { sessionId: callId, ...shared };
  },
  digitsOf: (body) => JSON.parse(body).dtmfSequence,
  entry: { dtmfType: null, interDigitPause: 150, toneDuration: 120, maskRecording: false },
  responseKeys: ['data', 'headers', 'reason', 'status'],
};

const PROFILES = { [telephony.name]: telephony, [session.name]: session };

/** The one that this project runs over. */
const profile = PROFILES[globalThis.wireProfile ?? process.env.WIRE_PROFILE ?? telephony.name];

module.exports = { profile, session };
