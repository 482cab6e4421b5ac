//! What is decided with numbers alone.

use std::error::Error;
use std::time::Duration;

use cxone_dtmf_engine::api::telephony_v2::TelephonyV2;
use cxone_dtmf_engine::api::{AttemptResult, Classification, DeliveryPolicy, WireProfile as _};
use cxone_dtmf_engine::http::FaultKind;
use cxone_dtmf_engine::rate_limit::{Gcra, Schedule};
use cxone_dtmf_engine::retry::{Budget, Policy, Progress, ResendWhenUnknown};
use fastrand::Rng;

use super::repeat;

/// A slot is booked each second, at a rate that allows it.
pub(crate) fn rate_limit(times: u64) -> Result<(), Box<dyn Error>> {
    let rate = Gcra::new(60, 5);
    let mut schedule = Schedule::default();
    repeat(times, |n| {
        rate.reserve(&mut schedule, n * 1_000_000, 0)
            .map_err(|_| "the rate allows it".into())
    })
}

const POLICY: DeliveryPolicy = DeliveryPolicy {
    atomic_server_errors: true,
    resend_when_unknown: ResendWhenUnknown::Never,
};

/// Attempts of every kind, in turn.
fn attempts() -> [AttemptResult; 4] {
    let answered = |status| AttemptResult::Answered {
        status,
        retry_after: None,
        token_refused: false,
    };
    let timed_out = AttemptResult::Failed {
        fault: FaultKind::TimedOut,
        handed_over: true,
    };
    [answered(202), answered(429), answered(503), timed_out]
}

/// The classification of four attempts.
pub(crate) fn classification(times: u64) -> Result<(), Box<dyn Error>> {
    let profile = TelephonyV2::default();
    let attempts = attempts();
    repeat(times, |_| {
        Ok(attempts
            .each_ref()
            .map(|result| profile.classify(result, &POLICY)))
    })
}

/// The decision after a 429 and after a 503, back-off included.
pub(crate) fn resend(times: u64) -> Result<(), Box<dyn Error>> {
    let profile = TelephonyV2::default();
    let [_, throttled, failed, _] = attempts().map(|result| profile.classify(&result, &POLICY));
    let (Classification::Failed(throttled), Classification::Failed(failed)) = (throttled, failed)
    else {
        return Err("a 429 and a 503 are failures".into());
    };
    let policy = Policy {
        max_attempts: 3,
        ..Policy::default()
    };
    let mut rng = Rng::with_seed(7);
    let mut budget = Budget::new(500);
    repeat(times, |n| {
        let mut progress = Progress::default();
        // A minute fills the budget again.
        let now = Duration::from_secs(60 * n);
        Ok([throttled, failed].map(|failure| {
            let remaining = Duration::from_secs(30);
            policy.decide(
                &mut progress,
                &failure,
                remaining,
                Some((&mut budget, now)),
                &mut rng,
            )
        }))
    })
}
