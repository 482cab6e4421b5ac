//! What one injector did: counters, times, and what was reported of the far end.
//!
//! No call, no session and no digit is in it, so it may be shown to anyone.

mod counters;
mod counts;
mod exposition;
mod recognition;
mod snapshot;
mod times;

pub(crate) use counters::Metrics;
pub use counts::Counts;
pub use exposition::{ExternalCounts, exposition};
pub use recognition::Reported;
pub use snapshot::{AllTimes, Snapshot};
pub use times::{Percentiles, Times};
