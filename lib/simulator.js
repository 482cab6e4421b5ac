'use strict';

const addon = require('./native.js');
const { encode, encodeSteps, checkText, textOptions } = require('./simulator-input.js');

/**
 * Every simulator that was started and not stopped. A program may keep nothing but the `url`;
 * without this the handle would be collected and the server would stop in the middle of a test.
 * @type {Set<object>}
 */
const running = new Set();

/**
 * Runs a native method and makes its errors of this realm: a broken rule is a TypeError, whose
 * message names the field; the rest keep their system code.
 * @template T
 * @param {() => T} method
 * @returns {T}
 */
function native(method) {
  try {
    return method();
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error);
    if (code === 'InvalidArg') throw new TypeError(message);
    const name = /^(E[A-Z]+): /.exec(message);
    throw Object.assign(new Error(message), { code: name ? name[1] : code });
  }
}

/**
 * @param {import('../simulator').SimulatorOptions} [options]
 * @returns {Promise<import('../simulator').Simulator>}
 */
async function startSimulator(options = {}) {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError('options must be an object');
  }
  const encoded = encode(options, 'options');
  const handle = native(() => new addon.NativeSimulator(encoded));
  running.add(handle);

  const { url, port } = handle;
  const { clientId = 'demo-client', clientSecret = 'demo-secret' } = options;
  const { accessKeyId = 'demo-access-key', accessKeySecret = 'demo-access-secret=' } = options;

  async function stop() {
    running.delete(handle);
    native(() => handle.stop());
  }

  // `any`: what disposes of it is added below, where the runtime has the symbol.
  /** @type {any} */
  const simulator = {
    url,
    port,
    auth: Object.freeze({ authUrl: url, clientId, clientSecret }),
    credentials: Object.freeze({ authUrl: url, apiUrl: url, clientId, clientSecret }),
    accessKey: Object.freeze({ authUrl: url, clientId, clientSecret, accessKeyId, accessKeySecret }),
    /** @param {unknown} callId @param {unknown} [callOptions] */
    addCall(callId, callOptions) {
      checkText(callId, 'callId');
      const { providerId, lineId } = textOptions(callOptions, ['providerId', 'lineId']);
      native(() => handle.addCall(callId, providerId, lineId));
    },
    /** @param {unknown} callId */
    endCall(callId) {
      checkText(callId, 'callId');
      native(() => handle.endCall(callId));
    },
    /** @param {unknown} sessionId @param {unknown} [sessionOptions] */
    addSession(sessionId, sessionOptions) {
      checkText(sessionId, 'sessionId');
      const { contactId } = textOptions(sessionOptions, ['contactId']);
      native(() => handle.addSession(sessionId, contactId));
    },
    /** @param {unknown} sessionId */
    endSession(sessionId) {
      checkText(sessionId, 'sessionId');
      native(() => handle.endSession(sessionId));
    },
    /** @param {unknown} sessionId @param {unknown} event */
    pushEvent(sessionId, event) {
      checkText(sessionId, 'sessionId');
      if (typeof event !== 'object' || event === null) throw new TypeError('event must be an object');
      const encoded = encode(event, 'event');
      native(() => handle.pushEvent(sessionId, encoded));
    },
    /** @param {unknown} contactId */
    masks(contactId) {
      checkText(contactId, 'contactId');
      return JSON.parse(native(() => handle.masks(contactId)));
    },
    /** @param {unknown} contactId */
    isMasked(contactId) {
      checkText(contactId, 'contactId');
      return native(() => handle.isMasked(contactId));
    },
    /** @param {unknown} callId */
    digits(callId) {
      checkText(callId, 'callId');
      return JSON.parse(native(() => handle.digits(callId)));
    },
    requests: () => JSON.parse(native(() => handle.requests())),
    executions: () => JSON.parse(native(() => handle.executions())),
    stats: () => JSON.parse(native(() => handle.stats())),
    /** @param {unknown} steps @param {unknown} [scriptOptions] */
    script(steps, scriptOptions) {
      const encodedSteps = encodeSteps(steps);
      const { callId } = textOptions(scriptOptions, ['callId']);
      native(() => handle.script(encodedSteps, callId));
    },
    /** @param {unknown} steps */
    scriptToken(steps) {
      const encodedSteps = encodeSteps(steps);
      native(() => handle.scriptToken(encodedSteps));
    },
    /** @param {unknown} steps @param {unknown} [scriptOptions] */
    scriptMask(steps, scriptOptions) {
      const encodedSteps = encodeSteps(steps);
      const { action = 'mask' } = textOptions(scriptOptions, ['action']);
      if (action !== 'mask' && action !== 'unmask') {
        throw new TypeError("options.action must be 'mask' or 'unmask'");
      }
      native(() => handle.scriptMask(encodedSteps, action === 'unmask'));
    },
    /** @param {unknown} steps */
    scriptEvents(steps) {
      const encodedSteps = encodeSteps(steps);
      native(() => handle.scriptEvents(encodedSteps));
    },
    revokeRefreshTokens: () => native(() => handle.revokeRefreshTokens()),
    revokeTokens: () => native(() => handle.revokeTokens()),
    stop,
  };
  // Node.js 18 has no such symbol.
  if (Symbol.asyncDispose) simulator[Symbol.asyncDispose] = stop;
  return Object.freeze(simulator);
}

module.exports = { startSimulator };
