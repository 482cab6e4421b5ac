'use strict';

// undici by hand, as fast as it goes: a kept connection for each request in flight, a token that is fetched once, no
// lock, no resend, no entry. What a program would add to it comes on top.

const { Pool } = require('undici');

const { SEQUENCE } = require('./sequence.js');

/**
 * @param {import('../client.js').Task} task
 * @returns {Promise<import('../client.js').Client>}
 */
async function open({ credentials, caBundle, inFlight }) {
  const pool = new Pool(credentials.apiUrl, {
    connections: inFlight,
    pipelining: 1,
    connect: caBundle ? { ca: caBundle } : {},
  });
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    scope: 'telephony:call:control telephony:line:readwrite',
  });
  const granted = await pool.request({
    path: '/oauth/token',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const { access_token: token } = /** @type {{ access_token: string }} */ (await granted.body.json());
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'user-agent': 'bench/1.0',
  };
  const { telephonyProviderId, lineId, dtmfString, dtmfType, interDigitPause } = SEQUENCE;
  const line = `/api/v2/telephony/providers/${telephonyProviderId}/lines/${lineId}`;
  return {
    async press(callId) {
      const { statusCode, body } = await pool.request({
        path: `${line}/calls/${callId}/dtmf`,
        method: 'POST',
        headers,
        body: JSON.stringify({ dtmf: dtmfString, dtmfType, interDigitPause }),
      });
      const answer = await body.json();
      if (statusCode !== 202) throw new Error(`the platform answered ${statusCode}`);
      return answer;
    },
    close: () => pool.close(),
  };
}

module.exports = { open };
