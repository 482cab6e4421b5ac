'use strict';

// Presses with so many in flight for so long, and measures what that costs this process.

const fs = require('node:fs');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { setTimeout: delay } = require('node:timers/promises');

const { nextCall } = require('./clients/sequence.js');

/**
 * What the event loop's delay is sampled by, in milliseconds: often enough for a 99th percentile within a second, and
 * seldom enough that the samples cost nothing.
 */
const LOOP_SAMPLE_MS = 2;

/**
 * @typedef {object} Figures of one client in one round; what a client without JavaScript cannot have is null
 * @property {number} acknowledged all injections that the platform took, those of the warm-up too
 * @property {number} injections those that were measured
 * @property {number} perSecond
 * @property {number | null} cpuMicros processor time of the whole process for one injection
 * @property {number | null} mainMicros time for one injection in which the event loop was not waiting
 * @property {number | null} mainCpuMicros processor time of the JavaScript thread for one injection; Linux only
 * @property {number | null} loopDelayP99Ms how much later than asked for a timer of the application fires
 * @property {number} latencyP50Micros
 * @property {number} latencyP99Micros
 * @property {number} longestGapMs the longest time in which no injection ended
 * @property {number | null} peakMb the most memory that was resident
 */

/** Times in the order of their coming, in milliseconds. */
class Times {
  #values = new Float64Array(1 << 16);
  #length = 0;

  /** @param {number} value */
  add(value) {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  sorted() {
    return this.#values.subarray(0, this.#length).sort();
  }
}

/** The processor time of the JavaScript thread so far, in microseconds; null where Linux does not tell it. */
function mainCpu() {
  try {
    // The first field is in nanoseconds (Linux, Documentation/scheduler/sched-stats.rst).
    const stat = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
    return Number(stat.split(' ')[0]) / 1000;
  } catch {
    return null;
  }
}

/** @param {Float64Array} sorted @param {number} part */
function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/**
 * @param {(callId: string) => Promise<unknown>} press
 * @param {{ inFlight: number, warmUpSeconds: number, seconds: number }} task
 * @returns {Promise<Figures>}
 */
async function measure(press, { inFlight, warmUpSeconds, seconds }) {
  const times = new Times();
  let acknowledged = 0;
  let longestGapMs = 0;
  let lastEnded = 0;
  let measuring = false;
  let running = true;
  const lanes = Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (running) {
        const started = performance.now();
        await press(nextCall());
        acknowledged += 1;
        if (!measuring) continue;
        const ended = performance.now();
        times.add(ended - started);
        longestGapMs = Math.max(longestGapMs, ended - lastEnded);
        lastEnded = ended;
      }
    }),
  );
  // A lane ends early only when an injection fails, and that ends all of this.
  const pass = (/** @type {number} */ time) => Promise.race([delay(time * 1000), lanes]);

  await pass(warmUpSeconds);
  const loop = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS });
  loop.enable();
  const [before, started] = [acknowledged, performance.now()];
  const [cpuBefore, mainCpuBefore] = [process.cpuUsage(), mainCpu()];
  const loopBefore = performance.eventLoopUtilization();
  lastEnded = started;
  measuring = true;
  // At least one must end: nothing can be said of none, which a busy machine makes of a short time.
  do await pass(seconds);
  while (acknowledged === before && running);
  measuring = false;
  const [cpu, main] = [process.cpuUsage(cpuBefore), performance.eventLoopUtilization(loopBefore)];
  const mainCpuAfter = mainCpu();
  const elapsed = performance.now() - started;
  const injections = acknowledged - before;
  loop.disable();

  running = false;
  await lanes;
  const sorted = times.sorted();
  return {
    acknowledged,
    injections,
    perSecond: injections / (elapsed / 1000),
    cpuMicros: (cpu.user + cpu.system) / injections,
    mainMicros: (main.active * 1000) / injections,
    mainCpuMicros:
      mainCpuBefore === null || mainCpuAfter === null ? null : (mainCpuAfter - mainCpuBefore) / injections,
    // Node.js measures from one sample to the next.
    loopDelayP99Ms: Math.max(0, loop.percentile(99) / 1e6 - LOOP_SAMPLE_MS),
    latencyP50Micros: quantile(sorted, 0.5) * 1000,
    latencyP99Micros: quantile(sorted, 0.99) * 1000,
    longestGapMs,
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
}

module.exports = { measure };
