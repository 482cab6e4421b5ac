'use strict';

const { newFleets } = require('../../support/fleet');
const { pressTogether } = require('../../support/fleet-load');
const { describeOnRedis, newServers } = require('../../support/redis');

describeOnRedis('a fleet', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('8 processes press 8,000 times into 20 calls: in order, one at a time, each once', () =>
    pressTogether({ servers, fleets }, 8, 1000));
});
