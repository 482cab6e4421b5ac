'use strict';

// The way back from the engine: nothing is lost there, however much of it there is.

const { newBench, params, settle } = require('./support/bench');
const { runProgram } = require('./support/program');

const bench = newBench();

const ANSWERS = 700;
const PROGRAM = `
const { fork } = require('node:child_process');
const http = require('node:http');
const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { profile } = require(process.env.PROFILES);

// Each byte becomes six characters on the way to JavaScript.
const BODY = Buffer.alloc(60_000, 1);

/** In a process of its own: it answers while the loop of this one is blocked. */
function serve() {
  const token = JSON.stringify({ access_token: 'token-1', token_type: 'Bearer', expires_in: 3600 });
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => response.end(request.url.endsWith('/dtmf') ? BODY : token));
  });
  // A loaded machine may leave a connection idle for longer than Node.js keeps it.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

async function inject(port) {
  const apiUrl = 'http://127.0.0.1:' + port;
  const auth = new CXoneAuthClient({ authUrl: apiUrl, clientId: 'client-1', clientSecret: 'secret-canary', logger: false });
  const injector = new DtmfInjector(auth, {
    ...profile.config, apiUrl, logger: false, maxWaiting: 10_000, timeoutMs: 60_000, deadlineMs: 120_000, lockTimeoutMs: 120_000,
  });
  await injector.injectDTMF(profile.params({ callId: 'first' }));
  const order = [];
  injector.registerCTIMonitor(({ callId }) => void order.push('event ' + callId));
  const all = Array.from({ length: ${ANSWERS} }, async (_, n) => {
    const { data } = await injector.injectDTMF(profile.params({ callId: 'call-' + n }));
    order.push('result call-' + n);
    return data.length;
  });
  const blocked = () => injector.metrics();
  while (blocked().outboxBytes < 64 << 20);
  const full = Date.now() + 1000;
  while (Date.now() < full);
  const { attempts, outboxBytes } = blocked();
  const lengths = await Promise.all(all);
  const early = lengths.filter((_, n) => order.indexOf('result call-' + n) < order.indexOf('event call-' + n));
  console.log(JSON.stringify({
    settled: lengths.filter((length) => length === BODY.length).length,
    early: early.length,
    held: attempts < ${ANSWERS},
    bounded: outboxBytes < 256 << 20,
    left: blocked().outboxBytes,
  }));
  await injector.close();
}

if (process.argv[2] === 'serve') serve();
else {
  const server = fork(__filename, ['serve']);
  server.once('message', (port) => void inject(port).finally(() => server.kill()));
}
`;

test('more than a string can hold arrives after a blocked loop, and no more is sent meanwhile', async () => {
  const { stdout, stderr } = await runProgram(PROGRAM);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ settled: ANSWERS, early: 0, held: true, bounded: true, left: 0 });
});

describe('an answer that JavaScript has no memory for', () => {
  const TOO_LONG = 'too-long-for-this-machine';

  /** Stands for the addon where V8 cannot make the text of a record. */
  function withoutMemory() {
    jest.doMock('../lib/native.js', () => {
      const native = jest.requireActual('../lib/native.js');
      const checked = (text) => {
        if (text?.includes(TOO_LONG)) throw new RangeError('Invalid string length');
        return text;
      };
      class NativeLane extends native.NativeLane {
        batch() {
          return checked(super.batch());
        }

        oldest(short) {
          return checked(super.oldest(short));
        }
      }
      return { ...native, NativeLane };
    });
  }

  beforeEach(() => {
    jest.resetModules();
    withoutMemory();
  });
  afterEach(() => jest.dontMock('../lib/native.js'));

  test('is left out; what it said of the digits stays, and the others arrive in order', async () => {
    const platform = await bench.platform();
    platform.usualInjection = ({ callId }) => {
      const number = Number(callId.split('-')[1]);
      return { status: number % 2 ? 400 : 202, body: number % 5 ? { n: number } : { n: TOO_LONG } };
    };
    const injector = bench.injector(platform);
    const events = [];
    injector.registerCTIMonitor(({ callId }) => void events.push(callId));
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, n) => settle(injector.injectDTMF(params({ callId: `call-${n}` })))),
    );

    expect(events).toHaveLength(40);
    outcomes.forEach(({ ok, value, error }, n) => {
      expect(ok).toBe(n % 2 === 0);
      const known = { callId: `call-${n}`, delivery: ok ? 'accepted' : 'refused', attempts: 1 };
      expect((value ?? error).audit).toMatchObject(known);
      const data = n % 5 ? { n } : undefined;
      if (ok) {
        expect(value.data).toEqual(data ?? null);
        expect(value.audit.bodyError).toBe(data ? undefined : 'unreadable');
      } else {
        expect(error).toMatchObject({ code: 'ERR_DTMF_REJECTED', delivery: 'refused', safeToResend: true });
        expect(error.response?.data).toEqual(data);
      }
    });
  });
});
