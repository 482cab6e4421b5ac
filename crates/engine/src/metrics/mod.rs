//! What one injector did: counters, times, and what was reported of the far end.
//!
//! No call, no session and no digit is in it, so it may be shown to anyone.

mod counters;
mod counts;
mod exposition;
mod recognition;
mod snapshot;
mod table;
mod times;
mod totals;

pub(crate) use counters::Metrics;
pub use counts::Counts;
pub use exposition::exposition;
pub use snapshot::{AllTimes, Snapshot};
pub use table::{DERIVED, Derived, Metric, Reading, Sample, all};
pub use times::{Percentiles, Times};
pub use totals::Totals;
