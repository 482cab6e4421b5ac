'use strict';

const { newBench, params, settle, failure, until } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform);
});

const press = (digits, options) => injector.injectDTMF(params({ dtmfString: digits }), options);
const pressed = () => platform.injections().map((r) => profile.digitsOf(r.body));

describe('a manual lock', () => {
  test('holds others back, lets its own through, and hands the call on', async () => {
    const lock = await injector.acquireChannelLock('call-1');
    expect(lock.callId).toBe('call-1');
    const other = press('2222');
    await press('1111', { lock });
    expect(injector.metrics()).toMatchObject({ locks: 1, waiting: 1 });

    await lock.release();
    await other;
    expect(pressed()).toEqual(['1111', '2222']);
    expect(injector.metrics()).toMatchObject({ locks: 0, waiting: 0 });
  });

  test('holds back other injectors too', async () => {
    const lock = await injector.acquireChannelLock('call-1');
    const other = bench.injector(platform);
    const waiting = settle(other.injectDTMF(params(), { lockTimeoutMs: 100 }));
    expect((await waiting).error).toMatchObject({ code: 'ERR_DTMF_LOCK_TIMEOUT' });
    await lock.release();
    await other.injectDTMF(params());
  });

  test('queues what is pressed under it in order', async () => {
    platform.usualInjection = { delayMs: 5 };
    const lock = await injector.acquireChannelLock('call-1');
    const sequences = ['1111', '2222', '3333', '4444', '5555'];
    await Promise.all(sequences.map((digits) => press(digits, { lock })));
    expect(pressed()).toEqual(sequences);
    expect(platform.peakPerCall).toBe(1);
    await lock.release();
  });

  test('is released only after all that was queued under it', async () => {
    platform.usualInjection = { delayMs: 50 };
    const lock = await injector.acquireChannelLock('call-1');
    const order = [];
    await Promise.all([
      press('1111', { lock }).then(() => order.push('first')),
      press('2222', { lock }).then(() => order.push('second')),
      lock.release().then(() => order.push('released')),
      press('3333').then(() => order.push('behind')),
    ]);
    expect(order.slice(0, 2)).toEqual(['first', 'second']);
    expect(order.slice(2).sort()).toEqual(['behind', 'released']);
    expect(pressed()).toEqual(['1111', '2222', '3333']);
  });

  test('cannot be released twice', async () => {
    const lock = await injector.acquireChannelLock('call-1');
    await lock.release();
    expect(await failure(lock.release())).toMatchObject({ code: 'ERR_DTMF_LOCK', delivery: 'not-sent' });
    expect(await failure(injector.releaseChannelLock(lock))).toMatchObject({ code: 'ERR_DTMF_LOCK' });
    expect(await failure(press('1111', { lock }))).toMatchObject({ code: 'ERR_DTMF_LOCK' });
  });

  test('is good for its own call and its own injector only', async () => {
    const lock = await injector.acquireChannelLock('call-1');
    const other = bench.injector(platform);
    expect(await failure(other.releaseChannelLock(lock))).toMatchObject({ code: 'ERR_DTMF_LOCK' });
    expect(await failure(other.injectDTMF(params(), { lock }))).toMatchObject({ code: 'ERR_DTMF_LOCK' });
    expect(await failure(injector.injectDTMF(params({ callId: 'call-2' }), { lock }))).toMatchObject({
      code: 'ERR_DTMF_LOCK',
    });
    expect(platform.injections()).toHaveLength(0);
    await lock.release();
  });

  test('is named by the message of those who waited in vain', async () => {
    await injector.acquireChannelLock('call-1');
    const { message } = await failure(press('1111', { lockTimeoutMs: 50 }));
    expect(message).toMatch(
      /^the wait for the lock of call call-1 ran out: this process holds it by a manual lock/,
    );
    expect(message).toContain('{ lock }');
    // Where no manual lock is in the way there is none to pass.
    platform.answer({ hold: true });
    settle(injector.injectDTMF(params({ callId: 'call-2' })));
    const plain = await failure(injector.injectDTMF(params({ callId: 'call-2' }), { lockTimeoutMs: 50 }));
    expect(plain.message).toBe(
      'the wait for the lock of call call-2 ran out: this process has not ended what came before on this call',
    );
    // These are the tutorial's words for an answer of the platform.
    for (const words of [message, plain.message]) expect(words).not.toContain('Channel conflict');
  });

  test('runs out after lockHoldMs, with a warning; a first release then resolves', async () => {
    const warnings = [];
    const logger = { info() {}, error() {}, warn: (message) => void warnings.push(message) };
    const impatient = bench.injector(platform, { lockHoldMs: 100, logger });
    const lock = await impatient.acquireChannelLock('call-1');
    await impatient.injectDTMF(params());
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/lock/i);
    await lock.release();
    expect(await failure(lock.release())).toMatchObject({ code: 'ERR_DTMF_LOCK' });
  });

  test('does not run out under what is in flight', async () => {
    const impatient = bench.injector(platform, { lockHoldMs: 1000 });
    await impatient.injectDTMF(params({ callId: 'warm' }));
    platform.answer({ delayMs: 1500 });
    const lock = await impatient.acquireChannelLock('call-1');
    const order = [];
    await Promise.all([
      impatient.injectDTMF(params({ dtmfString: '1111' }), { lock }).then(() => order.push('under')),
      impatient.injectDTMF(params({ dtmfString: '2222' })).then(() => order.push('behind')),
    ]);
    expect(order).toEqual(['under', 'behind']);
    expect(platform.peakPerCall).toBe(1);
  });

  test('does not run out under what is in flight while its release waits for it', async () => {
    const impatient = bench.injector(platform, { lockHoldMs: 1000 });
    await impatient.injectDTMF(params({ callId: 'warm' }));
    platform.answer({ delayMs: 1500 });
    const lock = await impatient.acquireChannelLock('call-1');
    const order = [];
    const under = impatient
      .injectDTMF(params({ dtmfString: '1111' }), { lock })
      .then(() => order.push('under'));
    await until(() => platform.injections('call-1').length === 1);
    const released = lock.release().then(() => order.push('released'));
    const behind = injector.injectDTMF(params({ dtmfString: '2222' })).then(() => order.push('behind'));
    await Promise.all([under, released, behind]);
    expect(order[0]).toBe('under');
    const [first, second] = platform.injections('call-1');
    expect(second.at).toBeGreaterThanOrEqual(first.answeredAt);
    expect(platform.peakPerCall).toBe(1);
    expect(injector.metrics()).toMatchObject({ locks: 0, waiting: 0 });
    expect(impatient.metrics()).toMatchObject({ locks: 0, waiting: 0 });
  });

  test('needs a valid call and valid options', async () => {
    for (const bad of [undefined, '', '..', 'a/b', 7]) {
      expect(await failure(injector.acquireChannelLock(bad))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
    }
    for (const options of [{ timeoutMs: -1 }, { timeoutMs: NaN }, { timeout: 1 }, { signal: {} }]) {
      expect(await failure(injector.acquireChannelLock('call-1', options))).toMatchObject({
        code: 'ERR_DTMF_INVALID',
      });
    }
  });
});

describe('releaseChannelLock without an argument', () => {
  test('releases the only lock held', async () => {
    await injector.acquireChannelLock('call-1');
    await injector.releaseChannelLock();
    await press('1111');
  });

  test('does nothing when none is held, and is an error when several are', async () => {
    await injector.releaseChannelLock();
    const first = await injector.acquireChannelLock('call-1');
    await injector.acquireChannelLock('call-2');
    expect(await failure(injector.releaseChannelLock())).toMatchObject({ code: 'ERR_DTMF_LOCK' });
    await injector.releaseChannelLock(first);
    await injector.releaseChannelLock();
  });
});

describe('withChannelLock', () => {
  test('gives back what the function gives, and releases', async () => {
    const value = await injector.withChannelLock('call-1', async (lock) => {
      await press('1111', { lock });
      return 42;
    });
    expect(value).toBe(42);
    await press('2222');
  });

  test('releases when the function fails, with its own error', async () => {
    const reason = new Error('of the program');
    expect(
      await failure(
        injector.withChannelLock('call-1', async () => {
          throw reason;
        }),
      ),
    ).toBe(reason);
    expect(
      await failure(
        injector.withChannelLock('call-1', () => {
          throw reason;
        }),
      ),
    ).toBe(reason);
    await press('1111');
  });

  test('takes turns', async () => {
    let inside = 0;
    const turns = Array.from({ length: 10 }, (_, n) =>
      injector.withChannelLock('call-1', async (lock) => {
        inside += 1;
        expect(inside).toBe(1);
        await press(`${n}`, { lock });
        inside -= 1;
        return n;
      }),
    );
    expect(await Promise.all(turns)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('bounds', () => {
  test('maxWaitingPerCall counts who waits for one call, over all injectors', async () => {
    const small = bench.injector(platform, { maxWaitingPerCall: 2 });
    platform.answer({ hold: true });
    const first = settle(press('0000'));
    await until(() => platform.injections().length === 1);
    const waiting = [settle(press('1111')), settle(small.injectDTMF(params()))];
    expect(await failure(small.injectDTMF(params()))).toMatchObject({ code: 'ERR_DTMF_QUEUE_FULL' });
    await small.injectDTMF(params({ callId: 'call-2' }));
    platform.release();
    for (const outcome of await Promise.all([first, ...waiting])) expect(outcome.ok).toBe(true);
  });

  test('maxWaiting counts who waits in one injector, over all calls', async () => {
    const small = bench.injector(platform, { maxWaiting: 2 });
    const locks = [];
    for (const callId of ['a', 'b', 'c']) locks.push(await injector.acquireChannelLock(callId));
    const waiting = ['a', 'b'].map((callId) => settle(small.injectDTMF(params({ callId }))));
    expect(await failure(small.injectDTMF(params({ callId: 'c' })))).toMatchObject({
      code: 'ERR_DTMF_QUEUE_FULL',
    });
    for (const lock of locks) await lock.release();
    for (const outcome of await Promise.all(waiting)) expect(outcome.ok).toBe(true);
  });
});
