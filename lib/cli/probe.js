'use strict';

/**
 * Asks a host whether it is there: one HEAD request to its base address, without a token and without a body.
 */

const http = require('node:http');
const https = require('node:https');
const { setTimeout, clearTimeout } = require('node:timers');
const tls = require('node:tls');

const TIMEOUT_MS = 5000;

/**
 * @typedef {object} Reached
 * @property {true} reached
 * @property {number} ms how long the answer took
 * @property {number} [skewMs] the host's clock less ours, when the answer had a date
 */
/**
 * @typedef {object} NotReached
 * @property {false} reached
 * @property {string} reason
 */

/**
 * @param {URL} url
 * @param {{ ca: string[], proxy?: URL, signal: AbortSignal, timeoutMs?: number }} options
 * @returns {Promise<Reached | NotReached>} rejects only with the reason of the signal
 */
async function probe(url, { ca, proxy, signal, timeoutMs = TIMEOUT_MS }) {
  signal.throwIfAborted();
  const attempt = new Attempt(timeoutMs);
  const onAbort = () => attempt.fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (proxy) {
      const createConnection = await attempt.tunnel(url, proxy, ca);
      // Without an agent Node.js takes 80 for the usual port, and names another one in the Host header.
      attempt.request(https, url, { createConnection, defaultPort: 443 });
    } else attempt.request(url.protocol === 'https:' ? https : http, url, { ca });
    return await attempt.answer;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { reached: false, reason: reasonOf(error) };
  } finally {
    signal.removeEventListener('abort', onAbort);
    attempt.end();
  }
}

class Attempt {
  /** @param {number} timeoutMs */
  constructor(timeoutMs) {
    this.begun = Date.now();
    this.connected = false;
    /** @type {Set<{ destroy(): unknown }>} */
    this.open = new Set();
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // The tunnel may fail first, and then the answer is not waited for.
    this.answer.catch(() => {});
    this.timer = setTimeout(
      () => this.fail(new Error(`no connection within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
  }

  /**
   * @param {typeof http | typeof https} module
   * @param {URL} url
   * @param {https.RequestOptions} options
   */
  request(module, url, options) {
    // A connection of ours is used only where there is no agent; elsewhere a new one forgets all proxies.
    const agent = options.createConnection ? undefined : false;
    const request = module.request(url, { ...options, method: 'HEAD', agent });
    this.open.add(request);
    request.on('socket', (socket) => {
      const event = url.protocol === 'https:' ? 'secureConnect' : 'connect';
      socket.once(event, () => (this.connected = true));
    });
    request.on('error', (error) => this.fail(error));
    request.on('response', (response) => {
      const now = Date.now();
      const date = Date.parse(response.headers.date ?? '');
      const ms = now - this.begun;
      // The date is of some moment between question and answer, and has whole seconds.
      const skewMs = Number.isNaN(date) ? undefined : date + 500 - (now - ms / 2);
      this.resolve?.({ reached: true, ms, skewMs });
    });
    request.end();
  }

  /**
   * A connection through a proxy (RFC 9110 §9.3.6).
   * @param {URL} url
   * @param {URL} proxy
   * @param {string[]} ca
   * @returns {Promise<() => tls.TLSSocket>} makes the connection inside of it
   */
  async tunnel(url, proxy, ca) {
    const host = `${url.hostname}:${url.port || 443}`;
    const user = decodeURIComponent(proxy.username);
    const password = decodeURIComponent(proxy.password);
    const credentials = Buffer.from(`${user}:${password}`).toString('base64');
    const request = (proxy.protocol === 'https:' ? https : http).request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: host,
      agent: false,
      headers: { host, ...(user && { 'proxy-authorization': `Basic ${credentials}` }) },
      ...(proxy.protocol === 'https:' && { ca }),
    });
    this.open.add(request);
    const socket = await new Promise((resolve, reject) => {
      this.answer.catch(reject);
      request.on('error', () => reject(new Error('the proxy does not answer')));
      request.on('response', ({ statusCode }) => reject(declined(statusCode)));
      request.on('connect', ({ statusCode }, socket) => {
        this.open.add(socket);
        if (statusCode === 200) resolve(socket);
        else reject(declined(statusCode));
      });
      request.end();
    });
    const servername = url.hostname.replace(/^\[|\]$/g, '');
    return () => tls.connect({ socket, servername, ca });
  }

  /** @param {Error} error */
  fail(error) {
    // A server that accepts a connection is there, even if HEAD is beneath it.
    if (this.connected) this.resolve?.({ reached: true, ms: Date.now() - this.begun });
    else this.reject?.(error);
  }

  end() {
    clearTimeout(this.timer);
    for (const connection of this.open) connection.destroy();
  }
}

/** @param {number | undefined} status */
function declined(status) {
  const why = status === 407 ? ': it wants a user name and a password' : '';
  return new Error(`the proxy declined with ${status}${why}`);
}

/** @type {Readonly<Record<string, string>>} */
const REASONS = Object.freeze({
  ENOTFOUND: 'its host name could not be looked up',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNREFUSED: 'nobody accepts connections there',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  EPROTO: 'it does not speak TLS',
});

/** @param {unknown} error */
function reasonOf(error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === undefined) return message;
  if (Object.hasOwn(REASONS, code)) return REASONS[code];
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code)) return `its certificate is not trusted (${code})`;
  return code;
}

module.exports = { probe };
