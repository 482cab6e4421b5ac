'use strict';

// A client in the shape of the published tutorial: axios, a token that is kept until it ends, validation, a lock for
// each call, an entry and monitors, and a loop that sends again. Two things differ: the lock does not wait for itself,
// as the published one does, and nothing is logged, since the others log nothing either.

const https = require('node:https');

const axios = require('axios');

const { SEQUENCE } = require('./sequence.js');

const LOW = {
  1: 697,
  2: 697,
  3: 697,
  A: 697,
  4: 770,
  5: 770,
  6: 770,
  B: 770,
  7: 852,
  8: 852,
  9: 852,
  C: 852,
};
const HIGH = { 1: 1209, 4: 1209, 7: 1209, '*': 1209, 2: 1336, 5: 1336, 8: 1336, 0: 1336, 3: 1477, 6: 1477 };
/** @type {Record<string, number>} */
const ROW = { ...LOW, '*': 941, 0: 941, '#': 941, D: 941 };
/** @type {Record<string, number>} */
const COLUMN = { ...HIGH, 9: 1477, '#': 1477, A: 1633, B: 1633, C: 1633, D: 1633 };
const TYPES = ['RFC2833', 'SIPINFO', 'INBAND'];

/** @param {string} digits @param {string} type @param {number} pause */
function validate(digits, type, pause) {
  if (!TYPES.includes(type)) throw new Error('Unsupported DTMF type');
  if (digits.length === 0 || digits.length > 16) throw new Error('Wrong length of the sequence');
  if (pause < 50 || pause > 1000) throw new Error('Wrong inter-digit pause');
  const frequencies = Array.from(digits, (digit) => {
    if (!(digit in ROW)) throw new Error('Invalid DTMF character');
    return [ROW[digit], COLUMN[digit]];
  });
  return { frequencies, carrierCompatible: !/[A-D]/.test(digits), valid: true };
}

class AuthClient {
  /** @param {import('../client.js').Task['credentials']} credentials @param {https.Agent} [httpsAgent] */
  constructor(credentials, httpsAgent) {
    this.credentials = credentials;
    this.httpsAgent = httpsAgent;
    this.token = '';
    this.expiry = 0;
  }

  async getAccessToken() {
    if (this.token && Date.now() < this.expiry - 60_000) return this.token;
    const { authUrl, clientId, clientSecret } = this.credentials;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'telephony:call:control telephony:line:readwrite',
    });
    const { data } = await axios.post(`${authUrl}/oauth/token`, form, { httpsAgent: this.httpsAgent });
    this.token = data.access_token;
    this.expiry = Date.now() + data.expires_in * 1000;
    return this.token;
  }
}

class Injector {
  /** @param {AuthClient} auth @param {string} apiUrl @param {https.Agent} [httpsAgent] */
  constructor(auth, apiUrl, httpsAgent) {
    this.auth = auth;
    this.apiUrl = apiUrl;
    this.httpsAgent = httpsAgent;
    /** @type {Map<string, Promise<void>>} what the next one of a call waits for */
    this.locks = new Map();
    /** @type {((event: object) => void)[]} */
    this.monitors = [];
  }

  /** @param {string} callId @returns {Promise<() => void>} gives the lock back */
  async lock(callId) {
    const before = this.locks.get(callId);
    /** @type {() => void} */
    let open = () => {};
    const held = new Promise((/** @type {(value: void) => void} */ resolve) => (open = resolve));
    this.locks.set(callId, held);
    await before;
    return () => {
      if (this.locks.get(callId) === held) this.locks.delete(callId);
      open();
    };
  }

  /** @param {object} event */
  notify(event) {
    for (const monitor of this.monitors) monitor(event);
  }

  /** @param {typeof SEQUENCE & { callId: string }} params */
  async injectDTMF({ telephonyProviderId, lineId, callId, dtmfString, dtmfType, interDigitPause }) {
    const validation = validate(dtmfString, dtmfType, interDigitPause);
    const release = await this.lock(callId);
    const started = Date.now();
    const entry = {
      timestamp: new Date().toISOString(),
      callId,
      dtmfString,
      dtmfType,
      interDigitPause,
      validation,
    };
    try {
      const token = await this.auth.getAccessToken();
      const line = `${this.apiUrl}/api/v2/telephony/providers/${telephonyProviderId}/lines/${lineId}`;
      const payload = { dtmf: dtmfString, dtmfType, interDigitPause };
      const { data } = await axios.post(`${line}/calls/${callId}/dtmf`, payload, {
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        timeout: 10_000,
        httpsAgent: this.httpsAgent,
      });
      const latencyMs = Date.now() - started;
      const audit = { ...entry, status: 'success', latencyMs, recognitionRate: 1 };
      this.notify({ event: 'dtmf.injected', callId, auditEntry: audit, payload });
      return { success: true, data, audit };
    } catch (error) {
      const status = axios.isAxiosError(error) ? error.response?.status : undefined;
      const latencyMs = Date.now() - started;
      this.notify({
        event: 'dtmf.failed',
        callId,
        auditEntry: {
          ...entry,
          status: 'failed',
          latencyMs,
          recognitionRate: 0,
          errorCode: status ?? 'unknown',
        },
      });
      throw error;
    } finally {
      release();
    }
  }
}

/** @param {Injector} injector @param {typeof SEQUENCE & { callId: string }} params @param {number} [maxRetries] */
async function injectWithRetry(injector, params, maxRetries = 3) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await injector.injectDTMF(params);
    } catch (error) {
      const status = (axios.isAxiosError(error) && error.response?.status) || 0;
      if (attempt >= maxRetries || (status !== 429 && status < 500)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
    }
  }
}

/**
 * @param {import('../client.js').Task} task
 * @returns {Promise<import('../client.js').Client>}
 */
async function open({ credentials, caBundle }) {
  // Node's own agent keeps connections; one of our own is only needed to trust the private authority.
  const httpsAgent = caBundle ? new https.Agent({ ca: caBundle, keepAlive: true }) : undefined;
  const injector = new Injector(new AuthClient(credentials, httpsAgent), credentials.apiUrl, httpsAgent);
  injector.monitors.push(() => {});
  return {
    press: (callId) => injectWithRetry(injector, { ...SEQUENCE, callId }),
    async close() {
      httpsAgent?.destroy();
    },
  };
}

module.exports = { open };
