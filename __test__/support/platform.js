'use strict';

// A stand-in for the platform that shares no code with the package: a plain node:http server with the
// token endpoint and the DTMF endpoints of both APIs. What it does can be scripted per request; what it saw is journaled.

const http = require('node:http');
const { performance } = require('node:perf_hooks');
// Taken at load, since Jest may fake the globals later.
const { setTimeout: delay } = require('node:timers/promises');

// The tutorial's API, and the one that NICE publishes.
const DTMF_PATHS = [
  /^\/api\/v2\/telephony\/providers\/[^/]+\/lines\/[^/]+\/calls\/(?<id>[^/]+)\/dtmf$/,
  /^\/InContactAPI\/services\/v23\.0\/agent-sessions\/(?<id>[^/]+)\/send-dtmf$/,
];
const RECORDING_PATH =
  /^\/InContactAPI\/services\/v23\.0\/agent-sessions\/[^/]+\/interactions\/[^/]+\/(?<action>mask|unmask)$/;
const EVENTS_PATH = /^\/InContactAPI\/services\/v23\.0\/agent-sessions\/[^/]+\/get-next-event$/;

/**
 * A step says how one request is answered; a function of the journal's record may stand for it.
 *   status, headers, body   the answer; an object that is no Buffer becomes JSON (default: 202 {"accepted":true}, or a token)
 *   grant                   for the token endpoint: fields that are added to the usual token answer
 *   delayMs                 wait before it
 *   hold: true              no answer before `platform.release()`
 *   drop: 'before'|'after'  destroy the connection before, or after, the body was read
 *   cut: true               send the head and a part of the body, then destroy the connection
 * @returns {Promise<Platform>}
 */
async function startPlatform() {
  const platform = new Platform();
  await platform.listen();
  return platform;
}

class Platform {
  /** Every request in order of arrival. */
  requests = [];
  clientId = 'client-1';
  clientSecret = 'secret-canary-5c1f';
  /** The steps of requests that no queued step is left for. */
  usualInjection = {};
  usualToken = {};
  usualMask = { status: 200, body: '' };
  usualUnmask = { status: 200, body: '' };
  /** A long poll: it is kept until something happens. */
  usualEvents = { hold: true, status: 304 };
  /** The most requests to the DTMF endpoint that were under way at once, in all and into one call. */
  peak = 0;
  peakPerCall = 0;

  #steps = { injection: [], token: [], mask: [], unmask: [], events: [] };
  #held = new Set();
  #tokens = 0;
  #inFlight = 0;
  #inFlightOf = new Map();
  #server = http.createServer((request, response) => {
    // A destroyed socket ends a handler in the middle: that is a scripted fault, not one of the test.
    this.#handle(request, response).catch((error) => {
      if (!request.destroyed) throw error;
    });
  });

  async listen() {
    // A loaded machine may leave a connection idle for longer than Node.js keeps it.
    this.#server.keepAliveTimeout = 0;
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Destroys every connection and stops listening. */
  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    this.release();
    await closed;
  }

  get credentials() {
    return { authUrl: this.url, clientId: this.clientId, clientSecret: this.clientSecret };
  }

  /** Queues the steps of the next requests to the DTMF endpoint. */
  answer(...steps) {
    this.#steps.injection.push(...steps);
  }

  /** Queues the steps of the next requests to the token endpoint. */
  answerToken(...steps) {
    this.#steps.token.push(...steps);
  }

  /** Queues the steps of the next requests that mask a recording. */
  answerMask(...steps) {
    this.#steps.mask.push(...steps);
  }

  /** Queues the steps of the next requests that unmask one. */
  answerUnmask(...steps) {
    this.#steps.unmask.push(...steps);
  }

  /** Queues the steps of the next polls for the events of a session. */
  answerEvents(...steps) {
    this.#steps.events.push(...steps);
  }

  /** Answers everything that is held. */
  release() {
    for (const go of this.#held) go();
    this.#held.clear();
  }

  injections(callId) {
    return this.requests.filter(
      (r) => r.kind === 'injection' && (callId === undefined || r.callId === callId),
    );
  }

  tokenRequests() {
    return this.of('token');
  }

  /** The requests of a kind: injection, token, mask, unmask, events or other. */
  of(kind) {
    return this.requests.filter((r) => r.kind === kind);
  }

  /** Injections that pressed their digits: read whole, then answered 2xx or dropped. */
  executions(callId) {
    return this.injections(callId).filter((r) => r.executed);
  }

  async #handle(request, response) {
    const record = this.#note(request, response);
    const step = this.#stepFor(record);
    if (step.drop === 'before') return void request.socket.destroy();
    const leave = record.kind === 'injection' ? this.#enter(record.callId) : () => {};
    response.once('close', leave);
    try {
      record.body = await read(request);
      record.readAt = performance.now();
      if (step.hold) await new Promise((go) => this.#held.add(go));
      if (step.delayMs) await delay(step.delayMs);
      const answer = this.#answerFor(step, record);
      record.executed = step.drop === 'after' || (answer.status >= 200 && answer.status < 300);
      if (step.drop === 'after') return void request.socket.destroy();
      // Left before the answer goes out: the next request may arrive before the last line of this one ran.
      leave();
      record.status = answer.status;
      record.answeredAt = performance.now();
      send(request, response, answer, step.cut);
    } finally {
      leave();
    }
  }

  #note(request, response) {
    const [path] = request.url.split('?');
    const match = DTMF_PATHS.map((known) => known.exec(path)).find(Boolean);
    const record = {
      kind: match ? 'injection' : kindOf(path),
      method: request.method,
      path: request.url,
      headers: request.headers,
      callId: match ? decodeURIComponent(match.groups.id) : undefined,
      at: performance.now(),
      wallAt: Date.now(),
      executed: false,
      // The connection ended before the whole answer was out.
      closedEarly: false,
    };
    this.requests.push(record);
    response.once('close', () => {
      record.closedEarly = !response.writableFinished;
    });
    return record;
  }

  #stepFor(record) {
    const usual = {
      injection: this.usualInjection,
      token: this.usualToken,
      mask: this.usualMask,
      unmask: this.usualUnmask,
      events: this.usualEvents,
    };
    const step = this.#steps[record.kind]?.shift() ?? usual[record.kind] ?? {};
    return typeof step === 'function' ? step(record) : step;
  }

  #answerFor(step, record) {
    const given = {
      headers: step.headers ?? {},
      status: step.status ?? 202,
      body: step.body ?? { accepted: true },
    };
    if (step.status !== undefined || step.body !== undefined) return given;
    if (record.kind === 'other') return { ...given, status: 404, body: { message: 'no such path' } };
    if (record.kind === 'injection') return given;
    if (new URLSearchParams(record.body).get('client_secret') !== this.clientSecret) {
      return { ...given, status: 401, body: { error: 'invalid_client' } };
    }
    this.#tokens += 1;
    const usual = { access_token: `token-canary-${this.#tokens}`, token_type: 'Bearer', expires_in: 3600 };
    return { ...given, status: 200, body: { ...usual, ...step.grant } };
  }

  #enter(callId) {
    const ofCall = (this.#inFlightOf.get(callId) ?? 0) + 1;
    this.#inFlightOf.set(callId, ofCall);
    this.#inFlight += 1;
    this.peak = Math.max(this.peak, this.#inFlight);
    this.peakPerCall = Math.max(this.peakPerCall, ofCall);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#inFlight -= 1;
      this.#inFlightOf.set(callId, this.#inFlightOf.get(callId) - 1);
    };
  }
}

/** The kind of a request that presses nothing. */
function kindOf(path) {
  if (path.endsWith('/oauth/token')) return 'token';
  if (EVENTS_PATH.test(path)) return 'events';
  return RECORDING_PATH.exec(path)?.groups.action ?? 'other';
}

function send(request, response, { status, headers, body }, cut) {
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  const text = raw ? body : JSON.stringify(body);
  const type = raw ? 'text/plain' : 'application/json';
  if (cut) {
    response.writeHead(status, { 'content-type': type, 'content-length': text.length * 2, ...headers });
    response.write(text, () => request.socket.destroy());
    return;
  }
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(status === 204 || status === 304 ? undefined : text);
}

async function read(request) {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += chunk;
  return text;
}

/** The URL of a port on which nobody listens. */
async function deadUrl() {
  const platform = await startPlatform();
  const { url } = platform;
  await platform.stop();
  return url;
}

module.exports = { startPlatform, deadUrl };
