'use strict';

// Redis servers of a suite: processes on free ports of 127.0.0.1, which keep nothing and end with the test. The
// program has to be in the PATH; `npm test` installs it where it may, and otherwise has the suites skip themselves.

const crypto = require('node:crypto');
const { setTimeout: delay } = require('node:timers/promises');

const { SKIP } = require('../../scripts/lib/redis');
const { RedisServer, freePort } = require('../../scripts/lib/redis-server');
const { Client } = require('./resp');

/** How long a replica may take to follow, or a cluster to agree, in milliseconds. */
const START_MS = 30_000;

/** Suites that need a server: skipped where `npm test` said that there is none. */
const describeOnRedis = process.env[SKIP] ? describe.skip : describe;

async function until(what, holds) {
  const end = performance.now() + START_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`);
    await delay(10);
  }
}

class Redis extends RedisServer {
  /** A server that copies this one, once it has caught up. */
  async replica() {
    const replica = await Redis.start(['--replicaof', '127.0.0.1', String(this.port)]);
    await until('the replica follows', async () =>
      (await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    );
    return replica;
  }

  /** Gives one command over a connection of its own. */
  async ask(...words) {
    const client = await Client.connect(this.port);
    try {
      return await client.ask(...words);
    } finally {
      client.close();
    }
  }

  /** Every command that the server gets from now on, as text; grows while the server runs. */
  async monitor() {
    const client = await Client.connect(this.port);
    const lines = [];
    client.heard = (line) => lines.push(line);
    await client.ask('MONITOR');
    return { lines, stop: () => client.close() };
  }

  /** Everything that is stored, as text: names, and values whichever their type. */
  async everything() {
    const client = await Client.connect(this.port);
    try {
      const stored = [];
      for (const key of await client.ask('KEYS', '*')) {
        const type = await client.ask('TYPE', key);
        const read = {
          string: ['GET', key],
          hash: ['HGETALL', key],
          zset: ['ZRANGE', key, 0, -1, 'WITHSCORES'],
          list: ['LRANGE', key, 0, -1],
          set: ['SMEMBERS', key],
          stream: ['XRANGE', key, '-', '+'],
        }[type];
        stored.push([key, type, read ? await client.ask(...read) : null]);
      }
      return stored;
    } finally {
      client.close();
    }
  }
}

/** Three masters that share the slots. */
class Cluster {
  constructor(nodes) {
    this.nodes = nodes;
    this.urls = nodes.map(({ url }) => url);
  }

  static async start() {
    const nodes = await Promise.all(
      [0, 1, 2].map(async () =>
        // By default the bus is 10,000 above the port, which may be no port.
        Redis.start(['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())]),
      ),
    );
    const slots = [
      [0, 5460],
      [5461, 10922],
      [10923, 16383],
    ];
    await Promise.all(nodes.map((node, n) => node.ask('CLUSTER', 'ADDSLOTSRANGE', ...slots[n])));
    const [, bus] = await nodes[0].ask('CONFIG', 'GET', 'cluster-port');
    for (const node of nodes.slice(1)) await node.ask('CLUSTER', 'MEET', '127.0.0.1', nodes[0].port, bus);
    for (const node of nodes) {
      await until('the cluster agrees', async () => {
        const info = await node.ask('CLUSTER', 'INFO');
        return info.includes('cluster_state:ok') && info.includes('cluster_size:3');
      });
    }
    return new Cluster(nodes);
  }
}

/** Stops after each test what it started. Call it once, at the top of the suite. */
function newServers() {
  const running = [];
  afterEach(() => Promise.all(running.splice(0).map((redis) => redis.stop())));
  const kept = (redis) => {
    running.push(redis);
    return redis;
  };
  return {
    redis: async (args) => kept(await Redis.start(args)),
    replica: async (master) => kept(await master.replica()),
    async cluster() {
      const cluster = await Cluster.start();
      cluster.nodes.forEach(kept);
      return cluster;
    },
    /** For a test that breaks nothing: the server that REDIS_URL names, or one of its own, and keys of its own. */
    async served() {
      const prefix = `test-${crypto.randomUUID()}`;
      return { url: process.env.REDIS_URL ?? (await this.redis()).url, prefix };
    },
  };
}

module.exports = { Client, Cluster, Redis, describeOnRedis, newServers };
