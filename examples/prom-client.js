'use strict';

// The metrics of an injector beside those of the program, on one page for Prometheus.
//
//   npm install prom-client
//   node examples/prom-client.js
//
// It runs against the simulator, fetches its own page once, prints the lines of this package and ends.

const http = require('node:http');
const { once } = require('node:events');
const client = require('prom-client');

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator({ autoCalls: true });
  const injector = new DtmfInjector(new CXoneAuthClient({ ...simulator.auth, logger: false }), {
    apiUrl: simulator.url,
    logger: false,
  });

  const page = http.createServer(async (_request, response) => {
    response.setHeader('Content-Type', client.Registry.PROMETHEUS_CONTENT_TYPE);
    // Both are text of the same format, so one follows the other. Names of this package begin with cxone_dtmf_.
    response.end((await client.register.metrics()) + injector.metricsText());
  });
  page.listen(0, '127.0.0.1');
  await once(page, 'listening');

  const menus = new client.Counter({ name: 'app_menus_total', help: 'Menus that were walked through.' });
  const { audit } = await injector.injectDTMF({
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: 'call-1',
    dtmfString: '1234#',
    dtmfType: 'RFC2833',
    interDigitPause: 100,
  });
  menus.inc();
  // The far end belongs to this program, so it knows: all five digits were understood.
  injector.reportRecognition(audit.injectionId, 5);

  const { port } = /** @type {import('node:net').AddressInfo} */ (page.address());
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const lines = (await answer.text()).split('\n');
  console.log(lines.filter((line) => /^(app_|cxone_dtmf_.*(total|_count))/.test(line)).join('\n'));
  console.log('entry:', audit.dtmfString);

  page.close();
  await injector.close();
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
