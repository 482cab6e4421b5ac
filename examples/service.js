'use strict';

// A web service that presses digits, and that ends well: on SIGTERM it takes nothing new, finishes what
// is under way, and exits with 0.
//
//   node examples/service.js               shows itself: a request, and SIGTERM in the middle of a second one
//   PORT=3000 node examples/service.js     serves until SIGTERM or Ctrl-C
//   curl -H 'content-type: application/json' -d '{"digits":"1"}' localhost:3000/calls/call-1/dtmf
//
// It takes node:http alone, so that it runs without another package. `pressDigits` has the shape of an
// Express handler: app.post('/calls/:callId/dtmf', express.json(), pressDigits).
//
// With AUTH_URL, API_URL, CLIENT_ID and CLIENT_SECRET it talks to the platform, else to a simulator.

const http = require('node:http');

const { CXoneAuthClient, DtmfInjector, isDtmfError } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

/** Below the 30 s that Kubernetes leaves between SIGTERM and SIGKILL, so that a drain always comes to its end. */
const DEADLINE_MS = 20_000;

/** The status of an answer that says why nothing, or nobody knows what, was pressed. */
function statusOf(/** @type {import('cxone-dtmf').DtmfError} */ error) {
  // Not 502 to 504: clients and proxies may send those requests again.
  if (error.delivery === 'unknown') return 500;
  switch (error.code) {
    case 'ERR_DTMF_INVALID':
      return 400;
    case 'ERR_DTMF_REJECTED':
      return 422;
    case 'ERR_DTMF_CONFLICT':
      return 409;
    case 'ERR_DTMF_RATE_LIMITED':
    case 'ERR_DTMF_QUEUE_FULL':
      return 429;
    default:
      return 503;
  }
}

/** @param {DtmfInjector} injector */
function newPressDigits(injector) {
  /**
   * The client's leaving does not end the injection: digits in flight cannot be called back.
   * @param {{ params: { callId: string }, body: any }} req
   * @param {{ status: (code: number) => any, set: (name: string, value: string) => any, json: (value: unknown) => void }} res
   */
  return async function pressDigits(req, res) {
    try {
      const { audit } = await injector.injectDTMF(
        {
          telephonyProviderId: 'provider-1',
          lineId: 'line-1',
          callId: req.params.callId,
          dtmfString: req.body?.digits,
          dtmfType: 'RFC2833',
          interDigitPause: 100,
        },
        { maxAttempts: 3 },
      );
      res.json({ delivery: audit.delivery, injectionId: audit.injectionId });
    } catch (error) {
      if (!isDtmfError(error)) throw error;
      if (error.retryAfterMs) res.set('Retry-After', String(Math.ceil(error.retryAfterMs / 1000)));
      res.status(statusOf(error)).json({ delivery: error.delivery, code: error.code });
    }
  };
}

/** What Express would do: the path, the JSON body, and an answer with `status`, `set` and `json`. */
function newServer(/** @type {(req: any, res: any) => Promise<void>} */ handler) {
  const server = http.createServer(async (request, response) => {
    const answer = {
      status: (/** @type {number} */ code) => ((response.statusCode = code), answer),
      set: (/** @type {string} */ name, /** @type {string} */ value) => (
        response.setHeader(name, value),
        answer
      ),
      json(/** @type {unknown} */ value) {
        // A connection that stays open would hold up the drain.
        if (!server.listening) response.setHeader('Connection', 'close');
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(value));
      },
    };
    const match = /^\/calls\/([^/?]+)\/dtmf$/.exec(request.url ?? '');
    if (!match || request.method !== 'POST') return answer.status(404).json({ error: 'no such resource' });
    try {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) {
        text += chunk;
        if (text.length > 10_000) return answer.status(413).json({ error: 'too long' });
      }
      let body;
      try {
        body = JSON.parse(text);
      } catch {
        return answer.status(400).json({ error: 'the body must be JSON' });
      }
      await handler({ params: { callId: decodeURIComponent(match[1]) }, body }, answer);
    } catch (error) {
      console.error('unexpected:', error instanceof Error ? error.message : typeof error);
      if (!response.headersSent) answer.status(500).json({ error: 'internal' });
    }
  });
  return server;
}

/** The platform of the environment, or a simulator whose answers take a moment. */
async function platform() {
  const { AUTH_URL, API_URL, CLIENT_ID = '', CLIENT_SECRET = '' } = process.env;
  if (AUTH_URL && API_URL) {
    const auth = { authUrl: AUTH_URL, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
    return { apiUrl: API_URL, auth, stop: async () => {} };
  }
  const simulator = await startSimulator({ autoCalls: true, latency: { fixedMs: 800 } });
  return { apiUrl: simulator.url, auth: simulator.auth, stop: simulator.stop };
}

async function main() {
  const { apiUrl, auth, stop } = await platform();
  // One injector for the whole service: it shares the token, the connections and the retry budget.
  const injector = new DtmfInjector(new CXoneAuthClient(auth), {
    apiUrl,
    deadlineMs: DEADLINE_MS,
    logger: false,
  });
  injector.registerCTIMonitor((event) => {
    if (event.event !== 'dtmf.retrying') console.log(event.event, event.auditEntry.dtmfString);
  });

  const server = newServer(newPressDigits(injector));
  await new Promise((resolve) => server.listen(Number(process.env.PORT ?? 0), () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  console.log(`listening on ${port}`);

  async function drain() {
    console.log('draining');
    const answered = new Promise((resolve) => server.close(resolve));
    // Node.js 18 leaves connections open that wait for a next request.
    server.closeIdleConnections();
    // Every injection is settled by then: who is left is a client that does not finish its request.
    setTimeout(() => server.closeAllConnections(), DEADLINE_MS + 1000).unref();
    await answered;
    await injector.close();
    await stop();
    console.log('drained');
  }
  // Once: a second signal ends the process the hard way.
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void drain());

  if (process.env.PORT === undefined) await show(port);
}

/** @param {number} port */
async function show(port) {
  const press = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/calls/call-1/dtmf`, {
      method: 'POST',
      body: JSON.stringify({ digits: '1234#' }),
    });
    console.log('answered', answer.status, await answer.text());
  };
  await press();
  const second = press();
  setTimeout(() => process.emit('SIGTERM'), 300);
  await second;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
