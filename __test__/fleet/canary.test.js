'use strict';

// No digit, token or secret reaches the server, nor anything from which digits could be found by trying.

const crypto = require('node:crypto');
const { setTimeout: delay } = require('node:timers/promises');

const canaries = require('../../scripts/lib/canaries');
const { newFleets } = require('../support/fleet');
const { describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(60_000);

const DIGITS = '4929187350';
const CALL = 'call-canary-77';

/** Every way in which digits may be hashed without a key, alone or with what is known of the injection. */
function hashes(digits) {
  const texts = [digits, `${CALL}${digits}`, `${CALL}:${digits}`, `${digits}${CALL}`, `dtmf:${digits}`];
  return texts.flatMap((text) =>
    ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'].flatMap((name) => {
      const hash = crypto.createHash(name).update(text).digest();
      // The beginning is enough: it may be cut.
      return [
        hash.toString('hex').slice(0, 16),
        hash.toString('base64').slice(0, 12),
        hash.toString('base64url').slice(0, 12),
      ];
    }),
  );
}

/** What of it a text shows. */
function shown(text) {
  const words = [...canaries.CANARIES, CALL];
  return [...canaries.found(text, words), ...hashes(DIGITS).filter((hash) => text.includes(hash))];
}

describeOnRedis('canaries', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('neither in any key nor in any command', async () => {
    const redis = await servers.redis();
    const monitor = await redis.monitor();
    const simulator = await fleets.simulator({ clientSecret: 'secret-canary-fleet' });
    simulator.scriptToken([{ accessToken: 'token-canary-fleet' }]);
    simulator.script([
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500 },
      { status: 400 },
      {},
      {},
    ]);
    const config = { rateLimit: { perMinute: 6000, perCallPerMinute: 6000 } };
    const [one, other] = await fleets.members(2, simulator, { url: redis.url }, config);
    const everything = [];
    const look = async () => everything.push(JSON.stringify(await redis.everything()));
    const pressing = [one, other].flatMap((member) =>
      [1, 2, 3, 4].map(() => member.press(CALL, DIGITS, { maxAttempts: 2 })),
    );
    while ((await Promise.race([Promise.all(pressing), delay(20, 'on')])) === 'on') await look();
    const lock = await one.lock(CALL);
    await one.press(CALL, DIGITS, { lock });
    await look();
    await one.release(lock);
    await look();
    monitor.stop();

    const asked = monitor.lines.join('\n');
    expect(asked).toContain(':lock:');
    expect(asked).toContain(':rate:');
    expect(everything.join()).toContain(':token:');
    expect(simulator.stats().executions).toBeGreaterThan(3);
    expect(shown(asked)).toEqual([]);
    expect(shown(everything.join('\n'))).toEqual([]);
  });

  test('what is planted is found', async () => {
    const redis = await servers.redis();
    const planted = [
      DIGITS,
      CALL,
      Buffer.from(DIGITS).toString('base64'),
      crypto.createHash('sha256').update(DIGITS).digest('hex'),
      crypto.createHash('sha1').update(`${CALL}:${DIGITS}`).digest('base64'),
      crypto.createHash('sha256').update(DIGITS).digest('base64url').slice(0, 22),
    ];
    for (const word of planted) {
      const monitor = await redis.monitor();
      await redis.ask('SET', 'key', word);
      expect(shown(JSON.stringify(await redis.everything()))).not.toEqual([]);
      expect(shown(monitor.lines.join('\n'))).not.toEqual([]);
      monitor.stop();
    }
  });
});
