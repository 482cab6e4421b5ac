'use strict';

const { newBench } = require('../support/bench');
const { dismissed } = require('../support/dismissed');

const bench = newBench();

test.each([
  [30, 300],
  [300, 50],
])(
  '%i who are dismissed leave a line that has begun anew, and let nobody in',
  async (waiting, rounds) => dismissed(bench, await bench.platform(), waiting, rounds),
  600_000,
);
