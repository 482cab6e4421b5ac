'use strict';

// A client of Redis for tests: just enough of its protocol (RESP2) to give commands that the engine never gives.

const net = require('node:net');

/** Reads one reply from `at`; `undefined` while it is not whole. Bytes of strings are kept, one character each. */
function parse(text, at) {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const [kind, rest] = [text[at], text.slice(at + 1, end)];
  const next = end + 2;
  if (kind === '+') return { value: rest, next };
  if (kind === '-') return { value: new Error(rest), next };
  if (kind === ':') return { value: Number(rest), next };
  const count = Number(rest);
  if (count < 0) return { value: null, next };
  if (kind === '$') {
    if (text.length < next + count + 2) return undefined;
    return { value: text.slice(next, next + count), next: next + count + 2 };
  }
  const list = [];
  let from = next;
  while (list.length < count) {
    const item = parse(text, from);
    if (!item) return undefined;
    list.push(item.value);
    from = item.next;
  }
  return { value: list, next: from };
}

class Client {
  #socket;
  #unread = '';
  #waiting = [];
  /** Takes what comes unasked: the lines of MONITOR. */
  heard = (/** @type {unknown} */ _line) => {};

  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text) => this.#read(text));
    const gone = () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the server is gone'));
    };
    socket.on('error', gone).on('close', gone);
  }

  static connect(port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(new Client(socket))).once('error', reject);
    });
  }

  /** Gives a command; rejects with what the server refuses it with. */
  ask(...words) {
    const parts = words.map((word) => `$${Buffer.byteLength(String(word), 'latin1')}\r\n${word}\r\n`);
    this.#socket.write(`*${words.length}\r\n${parts.join('')}`, 'latin1');
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  close() {
    this.#socket.destroy();
  }

  #read(text) {
    this.#unread += text;
    for (let reply = parse(this.#unread, 0); reply; reply = parse(this.#unread, 0)) {
      this.#unread = this.#unread.slice(reply.next);
      const waiting = this.#waiting.shift();
      if (!waiting) this.heard(reply.value);
      else if (reply.value instanceof Error) waiting.reject(reply.value);
      else waiting.resolve(reply.value);
    }
  }
}

module.exports = { Client };
