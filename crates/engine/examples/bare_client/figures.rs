//! What was measured, with the names that `scripts/bench/measure.js` gives them.

use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Linux counts the time of a process in hundredths of a second, whatever the kernel's own clock (`proc(5)`, `USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// The processor time of this process so far; none where there is no `/proc`.
pub(crate) fn processor_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold anything; the fields count from its end. 14 and 15 are wanted.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields
        .split(' ')
        .skip(11)
        .map_while(|field| field.parse::<u32>().ok());
    Some(TICK * (ticks.next()? + ticks.next()?))
}

/// The most memory that was resident, in MB; none where there is no `/proc`.
fn peak() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// One injection that the platform took.
pub(crate) struct Taken {
    ended: Instant,
    time: Duration,
}

impl Taken {
    /// That which was sent then, and ends now.
    pub(crate) fn since(started: Instant) -> Self {
        let ended = Instant::now();
        Self {
            ended,
            time: ended - started,
        }
    }
}

/// The longest time in which none ended.
fn longest_gap(taken: &mut [Taken], started: Instant) -> Duration {
    taken.sort_unstable_by_key(|one| one.ended);
    let mut last = started;
    let gaps = taken.iter().map(|one| {
        let gap = one.ended.saturating_duration_since(last);
        last = one.ended;
        gap
    });
    gaps.max().unwrap_or_default()
}

/// The figures of one run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures {
    acknowledged: u64,
    injections: usize,
    per_second: f64,
    cpu_micros: Option<f64>,
    /// There is no JavaScript here.
    main_micros: Option<f64>,
    main_cpu_micros: Option<f64>,
    loop_delay_p99_ms: Option<f64>,
    latency_p50_micros: f64,
    latency_p99_micros: f64,
    longest_gap_ms: f64,
    peak_mb: Option<f64>,
}

impl Figures {
    /// `taken` are those that ended while it was measured, from an instant on and for so long.
    pub(crate) fn new(
        acknowledged: u64,
        mut taken: Vec<Taken>,
        (started, elapsed): (Instant, Duration),
        processor: Option<Duration>,
    ) -> Self {
        let injections = taken.len();
        let gap = longest_gap(&mut taken, started);
        taken.sort_unstable_by_key(|one| one.time);
        // In permille, as whole numbers can tell it.
        let micros = |permille: usize| {
            let index = (injections * permille / 1_000).min(injections.saturating_sub(1));
            taken
                .get(index)
                .map_or(0.0, |one| one.time.as_secs_f64() * 1e6)
        };
        Self {
            acknowledged,
            injections,
            per_second: injections as f64 / elapsed.as_secs_f64(),
            cpu_micros: processor.map(|time| time.as_secs_f64() * 1e6 / injections as f64),
            main_micros: None,
            main_cpu_micros: None,
            loop_delay_p99_ms: None,
            latency_p50_micros: micros(500),
            latency_p99_micros: micros(990),
            longest_gap_ms: gap.as_secs_f64() * 1e3,
            peak_mb: peak(),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} injections/s, latency p50 {:.0} µs, p99 {:.0} µs, CPU {:.1} µs each",
            self.per_second,
            self.latency_p50_micros,
            self.latency_p99_micros,
            self.cpu_micros.unwrap_or(f64::NAN),
        )
    }
}
