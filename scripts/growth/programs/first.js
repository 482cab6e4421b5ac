'use strict';

// A program from its first line to its second injection. Its argument is the credentials of a simulator.

const fs = require('node:fs');

const { SEQUENCE } = require('../../bench/clients/sequence.js');

/** How many threads this process has; null where Linux does not tell it. */
function threads() {
  if (!fs.existsSync('/proc/self/status')) return null;
  return Number(/^Threads:\s+(\d+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1] ?? NaN);
}

async function main() {
  const threadsBefore = threads();
  const { apiUrl, ...credentials } = JSON.parse(process.argv[2]);
  const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
  const auth = new CXoneAuthClient({ ...credentials, logger: false });
  const started = performance.now();
  const injector = new DtmfInjector(auth, { apiUrl, logger: false });
  const made = performance.now();
  await injector.injectDTMF({ ...SEQUENCE, callId: 'call-1' });
  const first = performance.now();
  await injector.injectDTMF({ ...SEQUENCE, callId: 'call-2' });
  const second = performance.now();
  const figures = {
    newMs: made - started,
    firstMs: first - made,
    secondMs: second - first,
    threadsBefore,
    threads: threads(),
  };
  process.stdout.write(JSON.stringify(figures));
  await injector.close();
}

void main();
