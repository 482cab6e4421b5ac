'use strict';

// The servers of these suites do what the suites rely on.

const { describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(60_000);

describeOnRedis('servers', () => {
  const servers = newServers();

  test('a server keeps its port and nothing else when it is started again', async () => {
    const redis = await servers.redis();
    await redis.ask('SET', 'a', '\u00ff1');
    await expect(redis.ask('GET', 'a')).resolves.toBe('\u00ff1');
    await redis.restart();
    await expect(redis.ask('GET', 'a')).resolves.toBeNull();
    await expect(redis.ask('NONSENSE')).rejects.toThrow('unknown command');
  });

  test('all that is stored and all that is asked can be read', async () => {
    const redis = await servers.redis();
    const monitor = await redis.monitor();
    await redis.ask('SET', 'text', 'one');
    await redis.ask('HSET', 'hash', 'field', 'two');
    await redis.ask('ZADD', 'zset', 3, 'three');
    const stored = JSON.stringify(await redis.everything());
    for (const word of ['text', 'one', 'field', 'two', 'three']) expect(stored).toContain(word);
    expect(monitor.lines.join('\n')).toContain('"HSET" "hash" "field" "two"');
    monitor.stop();
  });

  test('a replica has what its master has', async () => {
    const master = await servers.redis();
    await master.ask('SET', 'a', '1');
    const replica = await servers.replica(master);
    await expect(replica.ask('GET', 'a')).resolves.toBe('1');
  });
});
