'use strict';

// The far side of the stress: a server on bare sockets that answers as it is drawn, and remembers what it pressed.

const net = require('node:net');
const { ANSWERS, draw } = require('./answers.js');

/**
 * A request for digits that arrived.
 * @typedef {object} Arrival
 * @property {string} digits
 * @property {string} call
 * @property {boolean} copy sent by the proxy once more
 * @property {string} answer
 * @property {boolean} pressed
 * @property {number} began its place among all beginnings and ends
 * @property {number} [ended] when the answer was there or the connection gone; none as long as neither is
 */

/** How often a connection ends before the whole body has been read: such digits are not pressed. */
const UNREAD = 0.02;

class Platform {
  /** @type {Arrival[]} */
  arrivals = [];
  #moment = 0;
  /** @type {Set<net.Socket>} */
  #sockets = new Set();

  /** @param {import('./random.js').Random} random */
  constructor(random) {
    this.random = random;
    this.server = net.createServer((socket) => this.#serve(socket));
  }

  /** @returns {Promise<number>} its port */
  start() {
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () =>
        resolve(/** @type {net.AddressInfo} */ (this.server.address()).port),
      );
    });
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }

  /** @param {net.Socket} socket */
  #serve(socket) {
    this.#sockets.add(socket);
    let text = '';
    /** @type {Arrival | undefined} */
    let open;
    const end = () => {
      if (open) open.ended ??= ++this.#moment;
    };
    socket.on('error', () => {});
    socket.on('close', () => {
      end();
      this.#sockets.delete(socket);
    });
    const unread = this.random.chance(UNREAD);
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      const request = /^(\w+) (\S+) [\s\S]*?\r\n\r\n/.exec(text);
      if (!request) return;
      if (unread) return void socket.resetAndDestroy();
      const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(request[0])?.[1] ?? 0);
      if (text.length < request[0].length + length) return;
      const body = text.slice(request[0].length, request[0].length + length);
      text = text.slice(request[0].length + length);
      end();
      open = this.#arrived(request, body);
      const { give } = ANSWERS[open.answer].answer;
      give(this.#watched(socket, end), this.random);
    });
  }

  /**
   * @param {RegExpExecArray} request
   * @param {string} body
   */
  #arrived(request, body) {
    const { dtmf, dtmfSequence } = JSON.parse(body);
    const answer = draw(this.random);
    const { presses } = ANSWERS[answer].answer;
    /** @type {Arrival} */
    const arrival = {
      digits: dtmf ?? dtmfSequence,
      call: /\/(?:calls|agent-sessions)\/([^/]+)\//.exec(request[2])?.[1] ?? '',
      copy: /\r\nx-copy: /i.test(request[0]),
      answer,
      pressed: presses === 'perhaps' ? this.random.chance(0.5) : presses,
      began: ++this.#moment,
    };
    this.arrivals.push(arrival);
    return arrival;
  }

  /** The socket, whose first write is the end: the other side may go on as soon as it has it. @param {net.Socket} socket @param {() => void} end */
  #watched(socket, end) {
    return new Proxy(socket, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (/** @type {unknown[]} */ ...args) => {
          if (name === 'write' || name === 'end' || name === 'resetAndDestroy' || name === 'destroy') end();
          return value.apply(target, args);
        };
      },
    });
  }
}

module.exports = { Platform };
