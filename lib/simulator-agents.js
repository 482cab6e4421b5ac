'use strict';

const { native } = require('./simulator-native.js');
const { encode, checkText, textOptions } = require('./simulator-input.js');

/** @param {unknown} options */
function endsElsewhere(options) {
  if (options === undefined) return false;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError('options must be an object');
  }
  for (const [key, value] of Object.entries(options)) {
    if (key !== 'elsewhere') throw new TypeError(`options.${key} is not a known option`);
    if (value !== undefined && typeof value !== 'boolean') {
      throw new TypeError('options.elsewhere must be true or false');
    }
  }
  return /** @type {{ elsewhere?: boolean }} */ (options).elsewhere === true;
}

/**
 * What a test does to the agents of a simulator, and what it reads of them: sessions, contacts, masks, events, signals.
 * @param {import('./native.js').NativeSimulator} handle
 */
const agentMethods = (handle) => ({
  /** @param {unknown} sessionId @param {unknown} [sessionOptions] */
  addSession(sessionId, sessionOptions) {
    checkText(sessionId, 'sessionId');
    const { contactId, agentId } = textOptions(sessionOptions, ['contactId', 'agentId']);
    native(() => handle.addSession(sessionId, contactId, agentId));
  },
  /** @param {unknown} sessionId @param {unknown} [endOptions] */
  endSession(sessionId, endOptions) {
    checkText(sessionId, 'sessionId');
    const elsewhere = endsElsewhere(endOptions);
    native(() => handle.endSession(sessionId, elsewhere));
  },
  sessions: () => JSON.parse(native(() => handle.sessions())),
  /** @param {unknown} sessionId @param {unknown} [contactOptions] */
  addContact(sessionId, contactOptions = {}) {
    checkText(sessionId, 'sessionId');
    const encoded = encode(contactOptions, 'options');
    return native(() => handle.addContact(sessionId, encoded));
  },
  /** @param {unknown} contactId @param {unknown} state */
  moveContact(contactId, state) {
    checkText(contactId, 'contactId');
    checkText(state, 'state');
    native(() => handle.moveContact(contactId, state));
  },
  /** @param {unknown} contactId @param {unknown} [transferOptions] */
  transferContact(contactId, transferOptions) {
    checkText(contactId, 'contactId');
    const { toSessionId, asContactId } = textOptions(transferOptions, ['toSessionId', 'asContactId']);
    return native(() => handle.transferContact(contactId, toSessionId, asContactId));
  },
  /** @param {unknown} sessionId */
  contacts(sessionId) {
    checkText(sessionId, 'sessionId');
    return JSON.parse(native(() => handle.contacts(sessionId)));
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
  /** @param {unknown} contactId */
  confirmMask(contactId) {
    checkText(contactId, 'contactId');
    native(() => handle.confirmMask(contactId));
  },
  /** @param {unknown} contactId */
  signals(contactId) {
    checkText(contactId, 'contactId');
    return JSON.parse(native(() => handle.signals(contactId)));
  },
});

module.exports = { agentMethods };
