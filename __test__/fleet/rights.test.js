'use strict';

// The user that docs/fleet.md gives may do all that is needed.

const fs = require('node:fs');
const path = require('node:path');

const { newFleets } = require('../support/fleet');
const { Client, describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(60_000);

const page = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'fleet.md'), 'utf8');
const USER = /^ACL SETUSER .*$/m.exec(page)[0].split(' ');

describeOnRedis('the documented user', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('has all rights that lock, rate limit and token need', async () => {
    const redis = await servers.redis();
    const client = await Client.connect(redis.port);
    await client.ask(...USER);
    const simulator = await fleets.simulator();
    simulator.script([{ status: 401 }, { status: 429, headers: { 'retry-after': '1' } }], {
      callId: 'call-0',
    });
    const url = redis.url.replace('//', '//dtmf:password@');
    const rateLimit = { perMinute: 60_000, perCallPerMinute: 60_000 };
    const [one, other] = await fleets.members(2, simulator, { url }, { rateLimit });
    const pressed = [one, other].flatMap((member) =>
      [1, 2, 3].map((digits) => member.press('call-0', String(digits), { maxAttempts: 3 })),
    );
    for (const outcome of await Promise.all(pressed)) expect(outcome).toMatchObject({ delivery: 'accepted' });
    for (const member of [one, other]) {
      await expect(member.metrics()).resolves.toMatchObject({ fleet: { failures: 0, ownSlots: 0 } });
    }
    await expect(client.ask('ACL', 'LOG')).resolves.toEqual([]);
    client.close();
  });

  test.each([
    ['-hset', '+hset'],
    ['-zadd', '+zadd'],
    ['-info', '+info'],
    ['-evalsha', '+evalsha'],
    ['resetkeys', '~<prefix>:*'],
    ['resetchannels', '&<prefix>:*'],
  ])('with %s an injection names what is missing', async (rule, named) => {
    const redis = await servers.redis();
    await redis.ask(...USER, rule);
    const url = redis.url.replace('//', '//dtmf:password@');
    const [member] = await fleets.members(1, await fleets.simulator(), { url });
    const outcome = await member.press('call-0', '1');
    expect(outcome).toMatchObject({ code: 'ERR_DTMF_STORE', delivery: 'not-sent' });
    expect(outcome.message).toContain('NOPERM');
    expect(outcome.message).toContain(named);
  });

  test('has no right to keys of others', async () => {
    const redis = await servers.redis();
    const client = await Client.connect(redis.port);
    await client.ask(...USER);
    await client.ask('AUTH', 'dtmf', 'password');
    await expect(client.ask('GET', 'other')).rejects.toThrow('NOPERM');
    await expect(client.ask('KEYS', '*')).rejects.toThrow('NOPERM');
    client.close();
  });
});
