'use strict';

// This package with everything on that a program has without asking: lock, metrics, entries, and one monitor.

const fs = require('node:fs');
const path = require('node:path');

const { CXoneAuthClient, DTMFInjector } = require('cxone-dtmf');

const { SEQUENCE } = require('./sequence.js');

/** On the disk of the repository: a temporary folder may be memory, where `fsync` costs nothing. */
const DISK = path.join(__dirname, '..', '..', '..', 'target');

/**
 * @param {import('../client.js').Task} task
 * @param {{ durable?: boolean }} [options] `durable`: an audit log that reaches the disk before the digits leave
 * @returns {Promise<import('../client.js').Client>}
 */
async function open({ credentials: { apiUrl, ...credentials }, caBundle }, { durable = false } = {}) {
  const directory = durable ? fs.mkdtempSync(path.join(DISK, 'bench-audit-')) : undefined;
  const auth = new CXoneAuthClient({ ...credentials, caBundle, logger: false });
  const injector = new DTMFInjector(auth, {
    apiUrl,
    caBundle,
    logger: false,
    auditLog:
      directory === undefined ? undefined : { directory, durability: 'fsync', key: 'a-key-for-measurements' },
  });
  injector.registerCTIMonitor(() => {});
  return {
    press: (callId) => injector.injectDTMF({ ...SEQUENCE, callId }),
    async close() {
      await injector.close();
      if (directory) fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

module.exports = { open };
