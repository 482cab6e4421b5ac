'use strict';

// The random stress for some seconds: `npm run stress` plays it for as long as one likes. And that its laws can be broken.

const { broken } = require('../scripts/stress/laws.js');
const { SHAPES, play } = require('../scripts/stress/play.js');
const redis = require('../scripts/lib/redis.js');

const SECONDS = Number(process.env.CXONE_DTMF_STRESS_SECONDS ?? 7);

const shapes = SHAPES.filter((shape) => shape !== 'fleet' || redis.find());

test.each(shapes)(
  'what is pressed at random in the shape %s breaks no law',
  async (shape) => {
    const seed = Date.now() % 2 ** 31;
    const { violations, injections } = await play({ shape, seed, seconds: SECONDS });
    // The seed comes with what it found.
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    expect(injections).toBeGreaterThan(0);
  },
  (SECONDS + 60) * 1000,
);

describe('the laws', () => {
  const ONE = { call: 'a', mayRepeat: false, locked: false, place: 0, thread: 't' };
  const arrived = (digits, began, more) => ({
    digits,
    call: 'a',
    copy: false,
    answer: 'accepted',
    pressed: true,
    began,
    ended: began + 1,
    ...more,
  });

  /** What is found where these were asked for, the first with the digits 0, and these arrived. */
  function found(asked, arrivals) {
    const all = asked.map((one, place) => [String(place), { digits: String(place), ...ONE, place, ...one }]);
    return broken(new Map(all), arrivals, { oneAtATime: true });
  }

  test('hold for a history of one injection', () => {
    expect(found([{ delivery: 'accepted' }], [arrived('0', 1)])).toEqual([]);
  });

  test.each([
    ['pressed 2 times', [{ delivery: 'unknown' }], [arrived('0', 1), arrived('0', 3)]],
    ['accepted and not pressed', [{ delivery: 'accepted' }], []],
    ['pressed all the same', [{ delivery: 'not-sent' }], [arrived('0', 1)]],
    ['pressed all the same', [{ delivery: 'refused' }], [arrived('0', 1)]],
    ['safeToResend is true', [{ delivery: 'unknown', safeToResend: true }], [arrived('0', 1)]],
    ['digits for a arrived in b', [{ delivery: 'accepted' }], [arrived('0', 1, { call: 'b' })]],
    ['digits arrived that nobody asked for', [], [arrived('0', 1)]],
    [
      'out of order',
      [{ delivery: 'accepted' }, { delivery: 'accepted' }],
      [arrived('1', 1), arrived('0', 3)],
    ],
    [
      'two at a time',
      [{ delivery: 'accepted' }, { delivery: 'accepted' }],
      [arrived('0', 1, { ended: 5 }), arrived('1', 3)],
    ],
  ])('know what is "%s"', (law, asked, arrivals) => {
    expect(found(asked, arrivals)).toEqual([expect.stringContaining(law)]);
  });

  test('let arrive late what its program has given up', () => {
    const late = [{ delivery: 'unknown' }, { delivery: 'accepted' }];
    expect(found(late, [arrived('1', 1), arrived('0', 3)])).toEqual([]);
    expect(found(late, [arrived('1', 1, { ended: 5 }), arrived('0', 3)])).toEqual([]);
  });

  test('let digits be repeated where the program said so, and what a proxy sends twice', () => {
    const twice = [arrived('0', 1), arrived('0', 3)];
    expect(found([{ delivery: 'unknown', mayRepeat: true }], twice)).toEqual([]);
    expect(found([{ delivery: 'unknown' }], [arrived('0', 1), arrived('0', 3, { copy: true })])).toEqual([]);
  });
});
