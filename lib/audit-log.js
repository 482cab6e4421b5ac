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
  if (typeof key === 'string' || isUint8Array(key)) {
    const copy = Buffer.from(/** @type {string} */ (key));
    const text = copy.toString('base64');
    copy.fill(0);
    return text;
  }
  throw invalid('auditLog.key must be a string or a Uint8Array');
}

/**
 * Takes what the log tells.
 * @param {import('./types.js').AuditNotice} notice
 * @param {import('./logger.js').Log} log
 * @param {OnAnchor | undefined} onAnchor
 */
function take({ notice, text }, log, onAnchor) {
  switch (notice) {
    case 'anchor':
      return give(text, log, onAnchor);
    case 'failed':
      return log.error('Audit log cannot be written', { reason: text });
    case 'restored':
      return log.info('Audit log can be written again', {});
    case 'removed':
      return log.error('Audit log file was removed while it was written: its records are lost', {
        file: text,
      });
  }
}

/**
 * What `inDoubt()` gives, and a line for what it could not look at.
 * @param {import('./types.js').AuditSurvey} survey
 * @param {import('./logger.js').Log} log
 */
function listed({ injections, more, skipped, damages }, log) {
  if (more > 0) log.warn('Audit log has more injections in doubt than are listed', { more });
  if (skipped > 0)
    log.warn('Audit log has files that cannot be read, or have another key: inDoubt() leaves them out', {
      skipped,
    });
  if (damages > 0) log.error('Audit log was altered: run audit verify', { damages });
  return injections;
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

module.exports = { parted, take, listed };
