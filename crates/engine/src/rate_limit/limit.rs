//! The settings of the rate limit.

use cxone_dtmf_options::{OptionError, count, options};

options! {
    /// How many requests may leave.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RateLimit {
        /// Requests in a minute, all calls together.
        pub per_minute: Option<u32> = None => count("perMinute", 1).default_doc("no limit");
        /// Requests in a minute for each call.
        pub per_call_per_minute: Option<u32> = None => count("perCallPerMinute", 1).default_doc("no limit");
        /// Requests that may leave at once after a quiet time, for either limit.
        pub burst: u32 = 1 => count("burst", 1);
    }
}

impl RateLimit {
    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), OptionError> {
        if self.per_minute.is_none() && self.per_call_per_minute.is_none() {
            let rule = "must have perMinute or perCallPerMinute";
            return Err(OptionError::new("rateLimit", rule));
        }
        Ok(())
    }
}
