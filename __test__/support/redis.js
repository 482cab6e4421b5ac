'use strict';

// Redis servers of a suite: processes on free ports of 127.0.0.1, which keep nothing and end with the test. The
// program has to be in the PATH; `npm test` installs it where it may, and otherwise has the suites skip themselves.

const crypto = require('node:crypto');
const { setTimeout: delay } = require('node:timers/promises');

const { SKIP, find, version } = require('../../scripts/lib/redis');
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

/** How many hash slots a cluster has. */
const SLOTS = 16_384;

/** Three masters that share the slots. */
class Cluster {
  constructor(nodes) {
    this.nodes = nodes;
    this.urls = nodes.map(({ url }) => url);
  }

  static async start() {
    const nodes = await Promise.all([0, 1, 2].map(() => clusterNode()));
    const share = Math.ceil(SLOTS / nodes.length);
    const shares = nodes.map((_, n) =>
      Array.from({ length: Math.min(share, SLOTS - n * share) }, (__, at) => n * share + at),
    );
    await Promise.all(nodes.map((node, n) => node.ask('CLUSTER', 'ADDSLOTS', ...shares[n])));
    for (const node of nodes.slice(1))
      await node.ask('CLUSTER', 'MEET', '127.0.0.1', nodes[0].port, nodes[0].bus);
    for (const node of nodes) {
      await until('the cluster agrees', async () => {
        const info = await node.ask('CLUSTER', 'INFO');
        return info.includes('cluster_state:ok') && info.includes('cluster_size:3');
      });
    }
    return new Cluster(nodes);
  }

  /** Moves the slot of a key to another node, with all that is in it. `pause` keeps it between both for so long. */
  async move(key, pauseMs = 0) {
    const slot = Number(await this.nodes[0].ask('CLUSTER', 'KEYSLOT', key));
    const ids = await Promise.all(this.nodes.map((node) => node.ask('CLUSTER', 'MYID')));
    const slots = await this.nodes[0].ask('CLUSTER', 'SLOTS');
    const range = slots.find(([first, last]) => first <= slot && slot <= last);
    const at = this.nodes.findIndex(({ port }) => port === range[2][1]);
    const to = (at + 1) % this.nodes.length;
    const [source, target] = [this.nodes[at], this.nodes[to]];
    await target.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[at]);
    await source.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to]);
    await delay(pauseMs);
    for (;;) {
      const keys = await source.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100);
      if (keys.length === 0) break;
      await source.ask('MIGRATE', '127.0.0.1', target.port, '', 0, 5000, 'KEYS', ...keys);
    }
    await delay(pauseMs);
    for (const node of [target, source]) await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]);
  }
}

/** A node of a cluster. By default the bus is 10,000 above the port, which may be no port. */
async function clusterNode() {
  if (Number.parseInt(version(find()), 10) >= 7) {
    const bus = await freePort();
    return Object.assign(await Redis.start(['--cluster-enabled', 'yes', '--cluster-port', String(bus)]), {
      bus,
    });
  }
  for (;;) {
    const node = await Redis.start(['--cluster-enabled', 'yes']).catch(() => undefined);
    if (node && node.port + 10_000 < 65_536) return Object.assign(node, { bus: node.port + 10_000 });
    await node?.stop();
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
    sentinel: async (master) => kept(await master.sentinel()),
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

module.exports = { Client, Cluster, Redis, describeOnRedis, newServers, until };
