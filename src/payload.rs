//! `validateDtmfPayload` and the constants.

use napi_derive::napi;
use serde_json::json;
use zeroize::Zeroizing;

use super::failure::failure_json;
use super::options::{self, DEFAULT_MAX_RETRIES};
use cxone_dtmf_engine::api::{Words, agent_session};
use cxone_dtmf_engine::payload;

/// The answer as JSON text: `{ frequencies, carrierCompatible, valid }` or a failure. `packed` are digits, type and pause
/// as [`Words`] reads them.
#[napi(catch_unwind)]
#[must_use]
pub fn validate_dtmf_payload(packed: String) -> String {
    let packed = Zeroizing::new(packed);
    let mut words = Words::of(&packed);
    match payload::validate(words.next(), words.next(), words.next()) {
        Ok(valid) => json!({
            "frequencies": valid.sequence.frequencies().collect::<Vec<_>>(),
            "carrierCompatible": valid.sequence.carrier_compatible(),
            "valid": true,
        })
        .to_string(),
        Err(error) => failure_json(&error),
    }
}

/// The constants of the engine as JSON text, so that JavaScript does not repeat them.
#[napi(catch_unwind)]
#[must_use]
pub fn dtmf_constants() -> String {
    let frequencies: serde_json::Map<_, _> = payload::FREQUENCIES
        .iter()
        .map(|(digit, pair)| (digit.to_string(), json!(pair)))
        .collect();
    json!({
        "frequencies": frequencies,
        "types": payload::SUPPORTED_TYPES,
        "maxSequenceLength": payload::MAX_SEQUENCE_LENGTH,
        "minInterDigitPause": payload::MIN_INTER_DIGIT_PAUSE,
        "maxInterDigitPause": payload::MAX_INTER_DIGIT_PAUSE,
        "maxRetries": DEFAULT_MAX_RETRIES,
        "injectionOptions": options::injection_names(),
        "sessionToneDuration": agent_session::DEFAULT_TONE_DURATION,
        "sessionInterDigitPause": agent_session::DEFAULT_INTER_DIGIT_PAUSE,
    })
    .to_string()
}
