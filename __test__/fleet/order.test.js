'use strict';

const { newFleets } = require('../support/fleet');
const { pressTogether } = require('../support/fleet-load');
const { describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(120_000);

describeOnRedis('a fleet', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('4 processes press 800 times into 20 calls: in order, one at a time, each once', () =>
    pressTogether({ servers, fleets }, 4, 200));
});
