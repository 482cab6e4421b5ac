//! What tests say of outcomes.

use cxone_dtmf_engine::config::InjectionOptions;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::lock::LockId;
use cxone_dtmf_engine::outcome::Outcome;

/// Under a manual lock.
pub fn under(lock: LockId) -> InjectionOptions {
    InjectionOptions {
        lock: Some(lock),
        ..InjectionOptions::default()
    }
}

#[track_caller]
pub fn accepted(outcome: &Outcome) {
    assert_eq!(
        outcome.delivery(),
        Delivery::Accepted,
        "{:?}",
        outcome.result
    );
}

/// The error, which must be this.
#[track_caller]
pub fn failed(outcome: &Outcome, code: Code, delivery: Delivery) -> Error {
    let error = outcome.result.clone().unwrap_err();
    assert_eq!((error.code, error.delivery), (code, delivery), "{error}");
    error
}
