'use strict';

// Log lines through winston, as in the tutorial. winston is no dependency of this package.
//
//   npm install winston
//   node examples/winston.js

const winston = require('winston');
const { CXoneAuthClient, DtmfInjector, injectWithRetry } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator();
  simulator.addCall('call-1');
  // Too many requests, once: the injector waits as long as it was told, and says so.
  simulator.script([{ status: 429, headers: { 'Retry-After': 1 } }]);

  const logger = winston.createLogger({
    level: 'info',
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
  // The auth client logs through its injector's logger, unless it has one of its own.
  const authClient = new CXoneAuthClient(simulator.auth);
  const injector = new DtmfInjector(authClient, { apiUrl: simulator.url, logger });

  await injectWithRetry(injector, {
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: 'call-1',
    dtmfString: '1234#',
    dtmfType: 'RFC2833',
    interDigitPause: 100,
  });

  await injector.close();
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
