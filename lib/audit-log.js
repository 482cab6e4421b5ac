'use strict';

/**
 * The side of the audit log that JavaScript sees: its options on their way to the engine, and what the log tells.
 */

const { isUint8Array } = require('node:util/types');
const { invalid } = require('./errors.js');
const { guarded } = require('./guarded.js');
const { own } = require('./own.js');
const { ArrayIsArray } = require('./primordials.js');

/** @typedef {(anchor: string) => unknown} OnAnchor */

/**
 * The config as it crosses, with bytes of the key as text, and what stays on this side.
 * @param {unknown} config
 * @returns {{ crossing: unknown, onAnchor: OnAnchor | undefined }}
 */
function parted(config) {
  const auditLog = own(config, 'auditLog');
  if (typeof auditLog !== 'object' || auditLog === null || ArrayIsArray(auditLog)) {
    return { crossing: config, onAnchor: undefined };
  }
  const { onAnchor, key, ...rest } = /** @type {Record<string, unknown>} */ ({
    onAnchor: undefined,
    key: undefined,
    ...auditLog,
  });
  if (onAnchor !== undefined && typeof onAnchor !== 'function') {
    throw invalid('auditLog.onAnchor must be a function');
  }
  const crossing = key === undefined ? rest : { ...rest, key: encoded(key) };
  return {
    crossing: { .../** @type {object} */ (config), auditLog: crossing },
    onAnchor: /** @type {OnAnchor | undefined} */ (onAnchor),
  };
}

/** @param {unknown} key */
function encoded(key) {
  if (typeof key === 'string') return Buffer.from(key, 'utf8').toString('base64');
  if (isUint8Array(key)) return Buffer.from(key).toString('base64');
  throw invalid('auditLog.key must be a string or a Uint8Array');
}

/**
 * Takes what the log tells.
 * @param {import('./types.js').AuditNotice} notice
 * @param {import('./logger.js').Log} log
 * @param {OnAnchor | undefined} onAnchor
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
 * @param {OnAnchor | undefined} onAnchor
 */
function give(anchor, log, onAnchor) {
  guarded(
    () => onAnchor?.(anchor),
    () => log.error('Audit log anchor was not taken: onAnchor failed', {}),
  );
}

module.exports = { parted, take };
