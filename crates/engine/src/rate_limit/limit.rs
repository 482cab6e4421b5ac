//! The settings of the rate limit.

/// How many requests may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// In a minute, all calls together. Default: no limit.
    pub per_minute: Option<u32>,
    /// In a minute, for each call. Default: no limit.
    pub per_call_per_minute: Option<u32>,
    /// At once after a quiet time, for either limit. Default 1.
    pub burst: u32,
}
