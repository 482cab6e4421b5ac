'use strict';

/**
 * The side of the audit log that JavaScript sees: its options on their way to the engine, and what the log tells.
 */

const { isUint8Array } = require('node:util/types');
const { invalid } = require('./errors.js');
const { own } = require('./options.js');

/**
 * The config as it crosses: bytes of the key as text, and without what stays on this side.
 * @param {any} config
 * @returns {any}
 */
function crossing(config) {
  const auditLog = own(config, 'auditLog');
  if (typeof auditLog !== 'object' || auditLog === null || Array.isArray(auditLog)) return config;
  const onAnchor = own(auditLog, 'onAnchor');
  const key = own(auditLog, 'key');
  const rest = { ...auditLog };
  delete rest.onAnchor;
  delete rest.key;
  if (onAnchor !== undefined && typeof onAnchor !== 'function') {
    throw invalid('auditLog.onAnchor must be a function');
  }
  return { ...config, auditLog: key === undefined ? rest : { ...rest, key: encoded(key) } };
}

/** @param {unknown} key */
function encoded(key) {
  if (typeof key === 'string') return Buffer.from(key, 'utf8').toString('base64');
  if (isUint8Array(key)) return Buffer.from(key).toString('base64');
  throw invalid('auditLog.key must be a string or a Uint8Array');
}

/**
 * Takes what the log tells.
 * @param {any} notice
 * @param {import('./logger.js').Log} log
 * @param {((anchor: string) => unknown) | undefined} onAnchor
 */
function take({ notice, text, file, bytes }, log, onAnchor) {
  switch (notice) {
    case 'anchor':
      return give(text, log, onAnchor);
    case 'failed':
      return log.error('Audit log cannot be written', { reason: text });
    case 'restored':
      return log.info('Audit log can be written again', {});
    case 'recovered':
      return log.warn('Audit log of a process that ended in the middle of a line was mended', {
        file,
        bytes,
      });
    case 'altered':
      return log.error('Audit log was altered: it is left as it is, and a new one is begun', { file });
  }
}

/**
 * @param {string} anchor
 * @param {import('./logger.js').Log} log
 * @param {((anchor: string) => unknown) | undefined} onAnchor
 */
function give(anchor, log, onAnchor) {
  const failed = () => log.error('Audit log anchor was not taken: onAnchor failed', {});
  try {
    const taken = /** @type {any} */ (onAnchor?.(anchor));
    if (typeof taken?.then === 'function') taken.then(undefined, failed);
  } catch {
    // What it threw may hold anything, so it is not repeated.
    failed();
  }
}

module.exports = { crossing, take };
