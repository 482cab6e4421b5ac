'use strict';

// A server on loopback that answers every request without end. Its one argument names what it sends.

const net = require('node:net');

const CHUNKED = 'HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n';

/** What it sends once, and then over and over. @type {Record<string, [string, string]>} */
const FLOODS = {
  'interim answers': ['', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
  'chunk extensions': [CHUNKED, `1;${'x'.repeat(1000)}=y\r\na\r\n`],
  'an endless extension': [`${CHUNKED}1;`, 'x'.repeat(1000)],
  'tiny chunks': [CHUNKED, '1\r\na\r\n'],
  'header lines': ['HTTP/1.1 202 Accepted\r\n', 'x-flood: a\r\n'],
  'empty lines': ['', '\r\n'],
};

/** @param {string} flood */
function serve(flood) {
  const [first, over] = FLOODS[flood];
  const block = Buffer.from(over.repeat(Math.ceil(65_536 / over.length)));

  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    let head = '';
    const send = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('data', (bytes) => {
      head = (head + bytes.toString('latin1')).slice(-16_384);
      if (!head.includes('\r\n\r\n')) return;
      head = '';
      socket.write(first);
      socket.on('drain', send);
      send();
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
  // It goes with the program that started it.
  process.on('disconnect', () => process.exit());
}

if (require.main === module) serve(process.argv[2]);

module.exports = { FLOODS };
