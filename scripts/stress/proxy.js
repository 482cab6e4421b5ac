'use strict';

// A proxy as bad ones are: it may send a request twice, and gives back the first answer.

const net = require('node:net');

/** How often a request is sent once more. */
const TWICE = 0.3;

/**
 * @param {number} to the port of the platform
 * @param {import('./random.js').Random} random
 */
function newProxy(to, random) {
  return net.createServer((client) => {
    const server = net.connect(to, '127.0.0.1');
    for (const socket of [client, server]) socket.on('error', () => {});
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    server.pipe(client);
    client.on('data', (bytes) => {
      server.write(bytes);
      const text = bytes.toString('latin1');
      // A whole request in one piece, as they nearly always come.
      if (!/^POST [\s\S]*\r\n\r\n\{.*\}$/.test(text) || !random.chance(TWICE)) return;
      const copy = net.connect(to, '127.0.0.1', () =>
        copy.write(text.replace('\r\n', '\r\nx-copy: 1\r\n'), 'latin1'),
      );
      copy.on('error', () => {}).resume();
      setTimeout(() => copy.destroy(), 500);
    });
  });
}

module.exports = { newProxy };
