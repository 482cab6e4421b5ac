//! `validateDtmfPayload` and the constants.

use napi_derive::napi;
use serde_json::json;
use zeroize::Zeroizing;

use super::failure::failure_json;
use super::options::DEFAULT_MAX_RETRIES;
use cxone_dtmf_engine::api::agent_session;
use cxone_dtmf_engine::payload;

/// The answer as JSON text: `{ frequencies, carrierCompatible, valid }` or a failure.
#[napi(catch_unwind)]
#[must_use]
pub fn validate_dtmf_payload(
    dtmf_string: Option<String>,
    dtmf_type: Option<String>,
    inter_digit_pause: f64,
) -> String {
    let digits = dtmf_string.map(Zeroizing::new);
    let digits = digits.as_ref().map(|digits| digits.as_str());
    match payload::validate(digits, dtmf_type.as_deref(), inter_digit_pause) {
        Ok(valid) => json!({
            "frequencies": valid.sequence.frequencies().collect::<Vec<_>>(),
            "carrierCompatible": valid.sequence.carrier_compatible(),
            "valid": true,
        })
        .to_string(),
        Err(error) => failure_json(&error),
    }
}

/// Digits that may be shown, as JSON text: `[digits as they are sent, frequencies]`.
#[napi(catch_unwind)]
#[must_use]
pub fn shown_digits(dtmf_string: String) -> String {
    let frequencies = dtmf_string.chars().filter_map(payload::frequencies_of);
    let frequencies: Vec<_> = frequencies.collect();
    json!([payload::as_sent(&dtmf_string), frequencies]).to_string()
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
        "sessionToneDuration": agent_session::DEFAULT_TONE_DURATION,
        "sessionInterDigitPause": agent_session::DEFAULT_INTER_DIGIT_PAUSE,
    })
    .to_string()
}
