'use strict';

// What the platform of the stress does with a request for digits: some of it no server should do.

/**
 * @typedef {object} Answer
 * @property {boolean | 'perhaps'} presses whether the digits are pressed
 * @property {(socket: import('node:net').Socket, random: import('./random.js').Random) => void} give
 */

const BODY = '{"ok":true}';

/** @param {number} status @param {string} [headers] */
function head(status, headers = '') {
  return `HTTP/1.1 ${status} Said\r\ncontent-type: application/json\r\n${headers}content-length: ${BODY.length}\r\n\r\n`;
}

/** @param {number} status @param {boolean | 'perhaps'} presses @param {string} [headers] @returns {Answer} */
function says(status, presses, headers) {
  return { presses, give: (socket) => socket.write(head(status, headers) + BODY) };
}

/** @param {boolean | 'perhaps'} presses @param {string} text @returns {Answer} */
function breaksOff(presses, text) {
  return {
    presses,
    give(socket, random) {
      if (text) socket.write(text);
      setTimeout(
        () => (random.chance(0.5) ? socket.resetAndDestroy() : socket.destroy()),
        random.between(0, 5),
      );
    },
  };
}

/** By their names, with how often each comes. @type {Record<string, { weight: number, answer: Answer }>} */
const ANSWERS = {
  accepted: { weight: 40, answer: says(202, true) },
  slow: {
    weight: 10,
    answer: {
      presses: true,
      give: (socket, random) => setTimeout(() => socket.write(head(200) + BODY), random.between(1, 150)),
    },
  },
  chunked: {
    weight: 4,
    answer: {
      presses: true,
      give(socket, random) {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        for (const byte of BODY) socket.write(`1\r\n${byte}\r\n`);
        setTimeout(() => socket.write('0\r\n\r\n'), random.between(0, 30));
      },
    },
  },
  interim: {
    weight: 3,
    answer: {
      presses: true,
      give: (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${head(200)}${BODY}`),
    },
  },
  closing: {
    weight: 4,
    answer: { presses: true, give: (socket) => socket.end(head(200, 'connection: close\r\n') + BODY) },
  },
  badRequest: { weight: 2, answer: says(400, false) },
  unauthorized: { weight: 2, answer: says(401, false) },
  timedOut: { weight: 3, answer: says(408, 'perhaps') },
  tooMany: { weight: 3, answer: says(429, false, 'retry-after: 0\r\n') },
  failed: { weight: 3, answer: says(500, false) },
  badGateway: { weight: 3, answer: says(502, 'perhaps') },
  unavailable: { weight: 3, answer: says(503, false, 'retry-after: 0\r\n') },
  elsewhere: { weight: 2, answer: says(302, false, 'location: /elsewhere\r\n') },
  silent: { weight: 3, answer: { presses: 'perhaps', give() {} } },
  cut: { weight: 5, answer: breaksOff('perhaps', '') },
  cutInHead: { weight: 3, answer: breaksOff('perhaps', 'HTTP/1.1 20') },
  cutInBody: { weight: 3, answer: breaksOff(true, `HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"o`) },
  noHttp: { weight: 3, answer: breaksOff('perhaps', '\0\x01 this is no HTTP \r\n\r\n') },
};

const NAMES = Object.entries(ANSWERS).flatMap(([name, { weight }]) => Array(weight).fill(name));

/** @param {import('./random.js').Random} random @returns {string} the name of one */
function draw(random) {
  return random.pick(NAMES);
}

module.exports = { ANSWERS, draw };
