'use strict';

// How fast the platform answers when nothing holds it back: asked by wrk, where that is installed. A client that comes
// near to it is held up by the platform, and its figures say less than they could.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { SEQUENCE } = require('./clients/sequence.js');

/** @typedef {import('./cases.js').Case & { perSecond: number }} Ceiling */

function hasWrk() {
  return spawnSync('wrk', ['--version']).error === undefined;
}

/** @param {import('./platform.js').Platform} platform */
async function token({ credentials, caBundle }) {
  const { CXoneAuthClient } = require('cxone-dtmf');
  const { authUrl, clientId, clientSecret } = credentials;
  const auth = new CXoneAuthClient({ authUrl, clientId, clientSecret, caBundle, logger: false });
  return auth.getAccessToken();
}

/**
 * @param {import('./platform.js').Platform} platform
 * @param {import('./cases.js').Case} one
 * @param {number} seconds
 * @returns {Promise<Ceiling>}
 */
async function ceiling(platform, one, seconds) {
  const { telephonyProviderId, lineId, dtmfString, dtmfType, interDigitPause } = SEQUENCE;
  const body = JSON.stringify({ dtmf: dtmfString, dtmfType, interDigitPause });
  const script = [
    'wrk.method = "POST"',
    `wrk.body = ${JSON.stringify(body)}`,
    'wrk.headers["Content-Type"] = "application/json"',
    `wrk.headers["Authorization"] = ${JSON.stringify(`Bearer ${await token(platform)}`)}`,
  ];
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-bench-'));
  try {
    const file = path.join(directory, 'press.lua');
    fs.writeFileSync(file, script.join('\n'), { mode: 0o600 });
    const address = `/api/v2/telephony/providers/${telephonyProviderId}/lines/${lineId}/calls/call-1/dtmf`;
    const lasts = Math.max(1, Math.round(seconds));
    const args = [
      '-t1',
      `-c${one.inFlight}`,
      `-d${lasts}s`,
      '-s',
      file,
      `${platform.credentials.apiUrl}${address}`,
    ];
    const output = await read('wrk', args);
    if (/Non-2xx/.test(output)) throw new Error('the platform refused what wrk sent');
    return { ...one, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1] ?? NaN) };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {string} command @param {string[]} args @returns {Promise<string>} */
function read(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command} ended with code ${code}`)),
    );
  });
}

module.exports = { ceiling, hasWrk };
